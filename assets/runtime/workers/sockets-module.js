// The module "cloudflare:sockets", as user code imports it.

export { connect } from "./tcp.js";
