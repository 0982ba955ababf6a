// The module "node:_stream_duplex", which some packages still import.

import "../stream.js";
import { Duplex } from "./duplex.js";

export const { from, fromWeb, toWeb } = Duplex;
export { Duplex };
export default Duplex;
