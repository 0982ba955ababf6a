// Hidden state on any object, functions included: a class whose constructor returns the object
// it is given adds its private fields to it.

class Same {
  constructor(object) {
    return object;
  }
}

/** What the host calls this object; see src/object/target.rs for the forms. */
export class Target extends Same {
  #target;
  #caller;

  /** `caller(object, target, names, args)` sends a call; see rpc/invoke.js for the usual one. */
  constructor(object, target, caller) {
    super(object);
    this.#target = target;
    this.#caller = caller;
  }

  /** The target of a stub, or undefined for anything else. */
  static of(object) {
    return #target in object ? object.#target : undefined;
  }

  /** How calls of it are sent, if not in the usual way. */
  static callerOf(object) {
    return object.#caller;
  }
}

/** Which class an opaque class handle stands for. */
export class ClassHandle extends Same {
  #handle;

  constructor(object, handle) {
    super(object);
    this.#handle = handle;
  }

  /** The handle, or undefined for anything else. */
  static of(object) {
    return #handle in object ? object.#handle : undefined;
  }
}

export const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
