// The module "node:_stream_writable", which some packages still import.

import "../stream.js";
import { Writable, WritableState } from "./writable.js";

export const { fromWeb, toWeb } = Writable;
export { Writable, WritableState };
export default Writable;
