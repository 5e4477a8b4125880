export * from "npm:fast-wrap-ansi@0.2.2";
