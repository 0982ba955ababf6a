// The module "node:_stream_passthrough", which some packages still import.

import "../stream.js";
import { PassThrough } from "./duplex.js";

export { PassThrough };
export default PassThrough;
