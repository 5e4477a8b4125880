import { resnetEncoder } from "../../lib/nn/resnet_encoder.ts";

export default resnetEncoder("resnet50", "bottleneck", [3, 4, 6, 3]);
