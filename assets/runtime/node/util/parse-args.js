// util.parseArgs: options and positionals from the words of a command line.

import { ERR_INVALID_ARG_VALUE, builtinError } from "../errors.js";
import { validateArray, validateBoolean, validateObject, validateOneOf, validateString } from "../validate.js";

const parseError = (code) => builtinError(TypeError, code, (text) => text);
const ERR_PARSE_ARGS_UNKNOWN_OPTION = parseError("ERR_PARSE_ARGS_UNKNOWN_OPTION");
const ERR_PARSE_ARGS_INVALID_OPTION_VALUE = parseError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE");
const ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL = parseError("ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL");

const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);
const isOptionLike = (word) => word !== undefined && word.length > 1 && word[0] === "-";

function validateOptions(options) {
  validateObject(options, "options");
  for (const [long, option] of Object.entries(options)) {
    const name = `options.${long}`;
    validateObject(option, name);
    validateOneOf(own(option, "type"), `${name}.type`, ["string", "boolean"]);
    const short = own(option, "short");
    if (Object.hasOwn(option, "short")) {
      validateString(short, `${name}.short`);
      if (short.length !== 1) throw new ERR_INVALID_ARG_VALUE(`${name}.short`, short, "must be a single character");
    }
    const multiple = own(option, "multiple");
    if (Object.hasOwn(option, "multiple")) validateBoolean(multiple, `${name}.multiple`);
    validateDefault(own(option, "default"), own(option, "type"), multiple, `${name}.default`);
  }
}

function validateDefault(value, type, multiple, name) {
  if (value === undefined) return;
  const validate = type === "string" ? validateString : validateBoolean;
  if (!multiple) return validate(value, name);
  validateArray(value, name);
  value.forEach((each, at) => validate(each, `${name}[${at}]`));
}

const byShort = (short, options) => Object.entries(options).find(([, option]) => own(option, "short") === short)?.[0] ?? short;
const typeOf = (name, options) => own(own(options, name) ?? {}, "type");

/** The words as tokens: options, positionals, and the "--" after which all are positionals. */
function tokenize(args, options) {
  const tokens = [];
  const words = [...args];
  let index = -1, group = 0;
  while (words.length > 0) {
    const word = words.shift();
    const next = words[0];
    if (group > 0) group--;
    else index++;
    if (word === "--") {
      tokens.push({ kind: "option-terminator", index });
      for (const value of words) tokens.push({ kind: "positional", index: ++index, value });
      break;
    }
    const option = (name, rawName, value, inlineValue) => {
      const isSeparate = value === undefined && typeOf(name, options) === "string" && next !== undefined;
      if (isSeparate) words.shift();
      tokens.push({ kind: "option", name, rawName, index, value: isSeparate ? next : value, inlineValue: isSeparate ? false : inlineValue });
      if (isSeparate) index++;
    };
    if (/^-[^-]$/.test(word)) {
      option(byShort(word[1], options), word, undefined, undefined);
    } else if (/^-[^-]./s.test(word)) {
      group += spreadShorts(word, words, options, option);
    } else if (/^--[^]+$/.test(word)) {
      const equals = word.indexOf("=", 3);
      if (equals < 0) option(word.slice(2), word, undefined, undefined);
      else tokens.push({ kind: "option", name: word.slice(2, equals), rawName: word.slice(0, equals), index, value: word.slice(equals + 1), inlineValue: true });
    } else {
      tokens.push({ kind: "positional", index, value: word });
    }
  }
  return tokens;
}

/** "-abc": each letter an option, until one takes the rest as its value. Returns how many words it makes. */
function spreadShorts(word, words, options, option) {
  const first = byShort(word[1], options);
  if (typeOf(first, options) === "string") {
    option(first, `-${word[1]}`, word.slice(2), true);
    return 0;
  }
  const made = [];
  for (let at = 1; at < word.length; at++) {
    if (typeOf(byShort(word[at], options), options) !== "string" || at === word.length - 1) {
      made.push(`-${word[at]}`);
    } else {
      made.push(`-${word.slice(at)}`);
      break;
    }
  }
  words.unshift(...made);
  return made.length;
}

const usage = (name, token, options) => {
  const short = own(own(options, name) ?? {}, "short");
  return `${short ? `-${short}, ` : ""}--${name}${token ?? ""}`;
};

function checkUsage(token, { options, strict, allowPositionals, allowNegative }) {
  if (!strict) return;
  let name = token.name;
  if (!Object.hasOwn(options, name)) {
    const positive = name.startsWith("no-") ? name.slice(3) : undefined;
    if (!(allowNegative && positive !== undefined && typeOf(positive, options) === "boolean")) {
      const hint = allowPositionals
        ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- ${JSON.stringify(token.rawName)}`
        : "";
      throw new ERR_PARSE_ARGS_UNKNOWN_OPTION(`Unknown option '${token.rawName}'${hint}`);
    }
    name = positive;
  }
  const type = typeOf(name, options);
  if (type === "string" && typeof token.value !== "string") {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${usage(name, undefined, options)} <value>' argument missing`);
  }
  if (type === "boolean" && token.value !== undefined && token.value !== null) {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${usage(name, undefined, options)}' does not take an argument`);
  }
  if (token.inlineValue === false && isOptionLike(token.value)) {
    const example = token.rawName.startsWith("--") ? `'${token.rawName}=-XYZ'` : `'--${token.name}=-XYZ' or '${token.rawName}-XYZ'`;
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${token.rawName}' argument is ambiguous.
Did you forget to specify the option argument for '${token.rawName}'?
To specify an option argument starting with a dash use ${example}.`);
  }
}

function store(token, { options, allowNegative }, values) {
  let { name } = token;
  let value = token.value ?? true;
  if (name === "__proto__") return;
  if (allowNegative && token.value === undefined && name.startsWith("no-") && (!Object.hasOwn(options, name) || typeOf(name.slice(3), options) === "boolean")) {
    name = name.slice(3);
    value = false;
  }
  if (own(own(options, name) ?? {}, "multiple")) (values[name] ??= []).push(value);
  else values[name] = value;
}

/** Options and positionals of `config.args`. */
export function parseArgs(config = {}) {
  const args = own(config, "args") ?? [];
  const strict = own(config, "strict") ?? true;
  const rules = {
    options: own(config, "options") ?? {}, strict,
    allowPositionals: own(config, "allowPositionals") ?? !strict, allowNegative: own(config, "allowNegative") ?? false,
  };
  const returnTokens = own(config, "tokens") ?? false;
  validateArray(args, "args");
  validateBoolean(strict, "strict");
  validateBoolean(rules.allowPositionals, "allowPositionals");
  validateBoolean(returnTokens, "tokens");
  validateBoolean(rules.allowNegative, "allowNegative");
  validateOptions(rules.options);
  const tokens = tokenize(args, rules.options);
  const result = { values: Object.create(null), positionals: [] };
  if (returnTokens) result.tokens = tokens;
  for (const token of tokens) {
    if (token.kind === "option") {
      checkUsage(token, rules);
      store(token, rules, result.values);
    } else if (token.kind === "positional") {
      if (!rules.allowPositionals) throw new ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL(`Unexpected argument '${token.value}'. This command does not take positional arguments`);
      result.positionals.push(token.value);
    }
  }
  for (const [name, option] of Object.entries(rules.options)) {
    const fallback = own(option, "default");
    if (fallback !== undefined && result.values[name] === undefined) result.values[name] = fallback;
  }
  return result;
}
Object.defineProperty(parseArgs, "length", { value: 0, configurable: true });
