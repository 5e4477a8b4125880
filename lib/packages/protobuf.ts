export * from "npm:@bufbuild/protobuf@2.17.0/wire";
