/**
 * ResNet-50 (He et al. 2016, arXiv:1512.03385).
 *
 * @module
 */
import { resnetEncoder } from "../../lib/nn/resnet_encoder.ts";

/** 1×1, 3×3 and 1×1 convolutions in each block. */
export default resnetEncoder("resnet50", "bottleneck", [3, 4, 6, 3]);
