// The module "node:_stream_readable", which some packages still import.

import "../stream.js";
import { Readable, ReadableState } from "./readable.js";

export const { from, fromWeb, toWeb, wrap } = Readable;
export { Readable, ReadableState };
export default Readable;
