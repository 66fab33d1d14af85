/** The bodies of the API under short names. */
import type { components } from "./shapes";

type Shapes = components["schemas"];
/** `Shape<"Alert">` is the body of an alert, as the API describes it. */
export type Shape<Name extends keyof Shapes> = Shapes[Name];

export type Alert = Shape<"Alert">;
export type Asset = Shape<"Asset">;
export type Floor = Shape<"Floor">;
export type Me = Shape<"Me">;
export type Problem = Shape<"Problem">;
export type Reader = Shape<"Reader">;
export type Rule = Shape<"Rule">;
export type Severity = Alert["severity"];
export type Zone = Shape<"Zone">;
