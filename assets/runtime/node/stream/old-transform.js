// The module "node:_stream_transform", which some packages still import.

import "../stream.js";
import { Transform } from "./duplex.js";

export { Transform };
export default Transform;
