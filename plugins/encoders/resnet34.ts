import { resnetEncoder } from "../../lib/nn/resnet_encoder.ts";

export default resnetEncoder("resnet34", "basic", [3, 4, 6, 3]);
