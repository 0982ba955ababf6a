// Resolving one old URL against another.

import { isHostless, isSlashed } from "./parts.js";

function finish(result) {
  if (result.pathname !== null || result.search !== null) result.path = (result.pathname || "") + (result.search || "");
  result.href = result.format();
  return result;
}

function takeQuery(result, relative) {
  result.search = relative.search;
  result.query = relative.query;
}

/** The relative URL has another scheme: nothing of the base counts but its slashes. */
function otherScheme(result, relative) {
  if (!isSlashed(relative.protocol)) {
    Object.assign(result, relative);
    result.href = result.format();
    return result;
  }
  result.protocol = relative.protocol;
  if (!relative.host && !/^file:?$/.test(relative.protocol) && !isHostless(relative.protocol)) {
    const parts = (relative.pathname || "").split("/");
    while (parts.length > 0 && !relative.host) relative.host = parts.shift();
    relative.host ||= "";
    relative.hostname ||= "";
    if (parts[0] !== "") parts.unshift("");
    if (parts.length < 2) parts.unshift("");
    result.pathname = parts.join("/");
  } else {
    result.pathname = relative.pathname;
  }
  takeQuery(result, relative);
  result.host = relative.host || "";
  result.auth = relative.auth;
  result.hostname = relative.hostname || relative.host;
  result.port = relative.port;
  if (result.pathname || result.search) result.path = (result.pathname || "") + (result.search || "");
  result.slashes ||= relative.slashes;
  result.href = result.format();
  return result;
}

/** Removes "." and ".."; answers with how many ".." lead above the start. */
function removeDots(parts) {
  let up = 0;
  for (let at = parts.length - 1; at >= 0; at--) {
    if (parts[at] === ".") {
      parts.splice(at, 1);
    } else if (parts[at] === "..") {
      parts.splice(at, 1);
      up++;
    } else if (up > 0) {
      parts.splice(at, 1);
      up--;
    }
  }
  return up;
}

/** For schemes without slashes the host is the path's first part. */
function splitHost(result, host) {
  result.hostname = result.host = host;
  const at = host ? host.indexOf("@") : -1;
  if (at <= 0) return;
  result.auth = host.slice(0, at);
  result.host = result.hostname = host.slice(at + 1);
}

export function resolveObject(base, relative, result) {
  Object.assign(result, base);
  result.hash = relative.hash;
  if (relative.href === "") {
    result.href = result.format();
    return result;
  }
  if (relative.slashes && !relative.protocol) {
    const { protocol } = result;
    Object.assign(result, relative, { protocol });
    if (isSlashed(protocol) && result.hostname && !result.pathname) result.path = result.pathname = "/";
    result.href = result.format();
    return result;
  }
  if (relative.protocol && relative.protocol !== result.protocol) return otherScheme(result, relative);
  return sameScheme(result, relative);
}

function sameScheme(result, relative) {
  const sourceAbsolute = result.pathname?.startsWith("/");
  const relativeAbsolute = relative.host || relative.pathname?.startsWith("/");
  let absolute = relativeAbsolute || sourceAbsolute || (result.host && relative.pathname);
  const dropDots = absolute;
  let parts = result.pathname?.split("/") ?? [];
  let own = relative.pathname?.split("/") ?? [];
  const slashless = result.protocol && !isSlashed(result.protocol);
  if (slashless) {
    result.hostname = "";
    result.port = null;
    if (result.host) parts[0] === "" ? (parts[0] = result.host) : parts.unshift(result.host);
    result.host = "";
    if (relative.protocol) {
      relative.hostname = relative.port = result.auth = null;
      if (relative.host) own[0] === "" ? (own[0] = relative.host) : own.unshift(relative.host);
      relative.host = null;
    }
    absolute = absolute && (own[0] === "" || parts[0] === "");
  }
  if (relativeAbsolute) {
    if (relative.host || relative.host === "") {
      if (result.host !== relative.host) result.auth = null;
      result.host = relative.host;
      result.port = relative.port;
    }
    if (relative.hostname || relative.hostname === "") {
      if (result.hostname !== relative.hostname) result.auth = null;
      result.hostname = relative.hostname;
    }
    takeQuery(result, relative);
    parts = own;
  } else if (own.length > 0) {
    parts.pop();
    parts = parts.concat(own);
    takeQuery(result, relative);
  } else if (relative.search !== null && relative.search !== undefined) {
    if (slashless) splitHost(result, parts.shift());
    takeQuery(result, relative);
    return finish(result);
  }
  if (parts.length === 0) {
    result.pathname = null;
    result.path = result.search ? `/${result.search}` : null;
    result.href = result.format();
    return result;
  }
  const last = parts.at(-1);
  const trailing = ((result.host || relative.host || parts.length > 1) && (last === "." || last === "..")) || last === "";
  const up = removeDots(parts);
  if (!absolute && !dropDots) for (let left = up; left > 0; left--) parts.unshift("..");
  if (absolute && parts[0] !== "" && !parts[0]?.startsWith("/")) parts.unshift("");
  if (trailing && !parts.join("/").endsWith("/")) parts.push("");
  const rooted = parts[0] === "" || parts[0]?.startsWith("/");
  if (slashless) splitHost(result, rooted ? "" : parts.length > 0 ? parts.shift() : "");
  absolute = absolute || (result.host && parts.length > 0);
  if (absolute && !rooted) parts.unshift("");
  if (parts.length === 0) result.pathname = result.path = null;
  else result.pathname = parts.join("/");
  result.auth = relative.auth || result.auth;
  result.slashes ||= relative.slashes;
  return finish(result);
}
