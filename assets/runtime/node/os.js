// The module "node:os": there is no machine to tell of, so the answers are always the same.

import { constants } from "./os/constants.js";
import { validateInt32 } from "./validate.js";

export { constants };
export const EOL = "\n";
export const devNull = "/dev/null";
export const availableParallelism = () => 1;
export const arch = () => "x64";
export const cpus = () => [];
export const endianness = () => "LE";
export const freemem = () => 0;
export function getPriority(pid = 0) {
  validateInt32(pid, "pid");
  return 0;
}
export const homedir = () => "/tmp/";
export const hostname = () => "localhost";
export const loadavg = () => [0, 0, 0];
export const machine = () => "x86_64";
export const networkInterfaces = () => ({});
export const platform = () => "linux";
export const release = () => "";
export function setPriority(pid, priority) {
  validateInt32(pid, "pid");
  validateInt32(priority, "priority", -20, 19);
}
export const tmpdir = () => "/tmp/";
export const totalmem = () => 0;
export const type = () => "Linux";
export const uptime = () => 0;
export const userInfo = () => ({});
export const version = () => "";

export default {
  EOL, devNull, constants, availableParallelism, arch, cpus, endianness, freemem, getPriority, homedir, hostname, loadavg, machine,
  networkInterfaces, platform, release, setPriority, tmpdir, totalmem, type, uptime, userInfo, version,
};
