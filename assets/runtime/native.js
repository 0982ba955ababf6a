// The functions that C gives to the runtime (assets/engine/native.c). The global name they
// come by is removed here, so that no user code can reach them.

const native = globalThis.__native;
delete globalThis.__native;

export const {
  host,
  utf8Encode,
  utf8Decode,
  latin1Encode,
  latin1Decode,
  zip,
  cloneWrite,
  cloneRead,
  setHooks,
  allowEval,
  awaitTurnEnd,
  feeds,
  markHandled,
} = native;
