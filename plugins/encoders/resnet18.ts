/**
 * ResNet-18 (He et al. 2016, arXiv:1512.03385).
 *
 * @module
 */
import { resnetEncoder } from "../../lib/nn/resnet_encoder.ts";

/** Two 3×3 convolutions in each block. */
export default resnetEncoder("resnet18", "basic", [2, 2, 2, 2]);
