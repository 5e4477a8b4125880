export { default, type Sharp } from "npm:sharp@0.35.5";
