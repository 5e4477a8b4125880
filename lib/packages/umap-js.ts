export * from "npm:umap-js@1.4.0";
