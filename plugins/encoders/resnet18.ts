import { resnetEncoder } from "../../lib/nn/resnet_encoder.ts";

export default resnetEncoder("resnet18", "basic", [2, 2, 2, 2]);
