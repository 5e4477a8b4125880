export * from "npm:@aws-crypto/crc32c@5.2.0";
