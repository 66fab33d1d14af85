import { render } from "preact";
import { followLinks } from "./address";
import { App } from "./frame/app";
import { showPreferences } from "./preferences";
import "./style/index.css";

showPreferences();
document.addEventListener("click", followLinks);
const root = document.querySelector("#root");
if (root) render(<App />, root);
