//! Each construct by itself, with the exact output.

use super::{check_syntax, strip_types};

/// Checks what is erased: `⟦…⟧` marks what becomes blanks, `⟦…→c⟧` what becomes `c` and blanks.
fn erases(marked: &str) {
    let (mut typescript, mut expected) = (String::new(), String::new());
    let mut rest = marked;
    while let Some((kept, tail)) = rest.split_once('⟦') {
        let (erased, tail) = tail.split_once('⟧').expect("marks come in pairs");
        let (erased, written) = match erased.split_once('→') {
            Some((erased, written)) => (erased, written),
            None => (erased, ""),
        };
        typescript += kept;
        typescript += erased;
        expected += kept;
        expected += written;
        let blanks = erased.chars().skip(written.chars().count());
        expected.extend(blanks.map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = tail;
    }
    typescript += rest;
    expected += rest;
    rewrites(&typescript, &expected);
}

fn rewrites(typescript: &str, expected: &str) {
    let javascript = match strip_types("t.ts", typescript) {
        Ok(javascript) => javascript,
        Err(fault) => panic!("{fault}"),
    };
    assert_eq!(javascript, expected, "from: {typescript}");
    if let Err(fault) = check_syntax("t.js", &javascript, false) {
        panic!("{fault}");
    }
}

fn refuses(typescript: &str, line: usize, column: usize, part: &str) {
    let fault = strip_types("t.ts", typescript).expect_err(typescript);
    assert_eq!((fault.line, fault.column), (line, column), "{fault}");
    assert!(fault.message.contains(part), "{fault}");
}

#[test]
fn javascript_stays_as_it_is() {
    erases(
        "#!/usr/bin/env node\n'use strict';\nconst a = { b: 1 }, c = a?.b ?? /x/g;\nexport { a, c };\n",
    );
}

#[test]
fn annotations() {
    erases("let a⟦: string⟧ = '', b⟦: Array<number>⟧;");
    erases("let a⟦!: string⟧;");
    erases("const { a, b: [c] }⟦: { a: number; b: any[] }⟧ = d;");
    erases("function f(a⟦: number⟧, b⟦?: string⟧, { c }⟦: T⟧ = {}, ...d⟦: any[]⟧)⟦: void⟧ {}");
    erases("try {} catch (e⟦: unknown⟧) {}");
    erases(
        "for (const a of b⟦ as any⟧) {}"
            .replace("⟦ as", " ⟦as")
            .as_str(),
    );
    erases("const f = (a⟦: A⟧)⟦: a is B⟧ => a;");
    erases("function f(a⟦: any⟧)⟦: asserts a is string⟧ {}");
    erases(
        "const o = { m(a⟦: A⟧)⟦: B⟧ {}, get g()⟦: number⟧ { return 1; }, set g(v⟦: number⟧) {} };",
    );
    erases("let ä⟦: 'ö😀'⟧ = 1;");
}

#[test]
fn this_parameters() {
    erases("function f(⟦this: Window⟧) {}");
    erases("function f(⟦this: Window,⟧ a⟦: A⟧) {}");
    erases("const o = { m(⟦this: O,⟧) {} };");
}

#[test]
fn generics() {
    erases("function f⟦<T extends object = {}>⟧(a⟦: T⟧) {}");
    erases("class A⟦<T>⟧ extends B⟦<T>⟧ {}");
    erases(
        "new Map⟦<string, Array<number>>⟧();\nnew Set⟦<string>⟧;\nf⟦<T>⟧(a);\ng⟦<T>⟧`x`;\na?.b⟦<T>⟧();",
    );
    erases("const f = g⟦<string>⟧;");
    erases("const f = async ⟦<T,>⟧(a⟦: T⟧) => a;");
}

#[test]
fn assertions() {
    erases("f(a ⟦as unknown⟧ ⟦as B⟧, c ⟦satisfies D⟧);");
    erases("const a = [1] ⟦as const⟧;");
    erases("a⟦!⟧.b⟦!⟧[c⟦!⟧]⟦!⟧();\na?.b⟦!⟧.c;");
    erases("(a ⟦as any⟧) = 1;\n(a⟦!⟧)++;\n[b ⟦as any⟧] = c;");
    erases("const a = ⟦<any>⟧b, c = ⟦<A>⟧ { d };");
    rewrites(
        "const f = () => <any>{ a: 1 };",
        "const f = () => (    { a: 1 });",
    );
    rewrites("<any>{}.a;", "(    {}.a);");
    rewrites(
        "function f() { return <\nA>a; }",
        "function f() { return (\n  a); }",
    );
    rewrites("let a = -b as any ** c;", "let a = (-b)      ** c;");
    rewrites("let a = b ** c as any ** d;", "let a = (b ** c)      ** d;");
}

#[test]
fn type_statements() {
    erases("⟦type A = { b: string }⟧\n⟦interface B extends C { d(): void }⟧\nlet e;");
    erases("⟦export type A = 1;⟧\n⟦export interface B {}⟧\n⟦export default interface C {}⟧");
    erases(
        "⟦declare const a: string, b: number;⟧\n⟦declare function f(): void;⟧\n⟦declare class C { d: E }⟧",
    );
    erases(
        "⟦declare module 'm' { export const a: 1 }⟧\n⟦declare global { interface W {} }⟧\n⟦declare namespace N { let a: 1 }⟧\n⟦declare enum E { A }⟧",
    );
    erases(
        "⟦namespace N { export type A = 1; interface B {} }⟧\n⟦export namespace M.O {}⟧\nlet a;",
    );
    erases("⟦export as namespace Lib;⟧\nlet a;");
    erases("function f() { ⟦type A = 1;⟧ return 1; }\nswitch (a) { case 1: ⟦type B = 2;⟧ }");
}

#[test]
fn overloads() {
    erases(
        "⟦function f(a: string): void;⟧\n⟦function f(a: number): void;⟧\nfunction f(a⟦: any⟧) {}",
    );
    erases("⟦export function f(): void;⟧\nexport function f() {}");
    erases("⟦export default function f(): void;⟧\nexport default function f() {}");
    erases(
        "class A {\n  ⟦constructor(a: string);⟧\n  constructor(a⟦: any⟧) {}\n  ⟦m(): void;⟧\n  m() {}\n}",
    );
}

#[test]
fn classes() {
    erases("⟦abstract⟧ class A ⟦implements B, C<D>⟧ {}");
    erases("class A⟦<T>⟧ extends (b ⟦as any⟧)⟦<T>⟧ ⟦implements B⟧ {}");
    erases("export ⟦abstract⟧ class A {}");
    erases("export default ⟦abstract⟧ class A {}");
    erases(
        "class A {\n  ⟦private⟧ ⟦readonly⟧ a⟦: string⟧ = '';\n  static ⟦override⟧ b⟦?: number⟧;\n  c⟦!: T⟧;\n  #d⟦: E⟧;\n}",
    );
    erases(
        "class A {\n  ⟦public⟧ static async *m⟦<T>⟧(a⟦: T⟧)⟦: B⟧ {}\n  ⟦protected⟧ get x()⟦: number⟧ { return 1; }\n  n⟦?⟧() {}\n}",
    );
    erases(
        "class A {\n  ⟦declare a: string;⟧\n  ⟦[key: string]: any;⟧\n  ⟦static [key: string]: any;⟧\n}",
    );
    erases(
        "⟦abstract⟧ class A {\n  ⟦abstract a: string;⟧\n  ⟦abstract m(): void;⟧\n  ⟦protected abstract get g(): number;⟧\n  ⟦abstract accessor x: number;⟧\n}",
    );
    erases("class A {\n  readonly = 1;\n  declare⟦: string⟧;\n  abstract() {}\n  public() {}\n}");
    erases("class A { static { let a⟦: B⟧ = 1; } }");
    erases("const A = class⟦<T>⟧ { ⟦private⟧ ['x']⟦?: T⟧ = 1; };");
}

#[test]
fn semicolons_where_lines_would_join() {
    erases("let a = 1\n⟦type B = 2→;⟧\n(c)");
    erases("let a = 1;\n⟦type B = 2⟧\n(c)");
    erases("let a = b ⟦as any→;⟧\n[c] = d");
    erases("let a = b ⟦as any⟧\nc()");
    erases("let a = b⟦!→;⟧\n⟦interface C {}⟧\n`d`");
    erases("let a⟦: any→;⟧\n(b)");
    erases("{ ⟦type A = 1⟧\n(b) }");
    erases("class A {\n  a = 1\n  ⟦private→;⟧ ['b'] = 2\n  c = 3\n  ⟦public→;⟧ *d() {}\n}");
    erases(
        "class A {\n  a = 1\n  ⟦abstract b: string→;⟧\n  ['c'] = 2\n}"
            .replace("class", "⟦abstract⟧ class")
            .as_str(),
    );
    erases(
        "class A {\n  get⟦: string→;⟧\n  b() {}\n  static⟦?: C→;⟧\n  d() {}\n  ⟦readonly⟧ set⟦: D→;⟧\n  e() {}\n}",
    );
    erases("class A {\n  a = 1 ⟦as any→;⟧\n  ['b']() {}\n}");
}

#[test]
fn arrows_over_lines() {
    rewrites(
        "const f = (a)\n  : string => a;",
        "const f = (a \n         ) => a;",
    );
    rewrites(
        "const f = (a): {\n  b: 1\n} => a;",
        "const f = (a    \n      \n) => a;",
    );
    rewrites(
        "const f = async <\n  T\n>(a: T) => a;",
        "const f = async (\n   \n  a   ) => a;",
    );
    rewrites(
        "function f() { return <\n  T\n>(a: T) => a }",
        "function f() { return (\n   \n  a   ) => a }",
    );
    erases("const f = (\n  a⟦: A⟧,\n)⟦: B⟧ => a;");
}

#[test]
fn imports() {
    erases(
        "⟦import type { A } from './a';⟧\n⟦import type B from './b';⟧\n⟦export type { C } from './c';⟧\n⟦export type * from './d';⟧\nlet e;",
    );
    erases("import { ⟦type A,⟧ b, ⟦type C⟧ } from './a';\nb();");
    erases("⟦import { Env } from './types';⟧\nlet a⟦: Env⟧;");
    erases("⟦import { type A } from './a';⟧\nlet a⟦: A⟧;");
    erases("import ⟦A,⟧ { b } from './a';\nlet c⟦: A⟧ = b;");
    erases("import a, { ⟦B,⟧ } from './a';\nlet c⟦: B⟧ = a;");
    erases("import a⟦, * as b⟧ from './a';\nlet c⟦: b.D⟧ = a;");
    erases("import ⟦A,⟧ * as b from './a';\nlet c⟦: A⟧ = b;");
    erases("⟦import * as a from './a';⟧\nlet c⟦: typeof a⟧;");
    erases(
        "import './effects';\nimport {} from './more';\nexport * from './all';\nexport * as b from './b';",
    );
    erases("import A from './a';\nclass B extends A⟦<A>⟧ ⟦implements A⟧ {}");
    erases("import a from './a';\nexport { a };");
    erases("import a from './a';\nfunction f(a⟦: any⟧) { return a; }");
    erases("import a from './a' with { type: 'json' };\nf({ a });");
    erases("⟦import a = require('a');⟧\n⟦import type b = require('b');⟧\nlet c⟦: a.D⟧;");
}

#[test]
fn exports_of_types() {
    erases("⟦type A = 1;⟧\nlet b;\nexport { ⟦A,⟧ b, ⟦type C⟧ };");
    erases("⟦interface A {}⟧\nexport { ⟦A⟧ };");
    erases("⟦interface A {}⟧\n⟦export default A;⟧");
    erases("⟦type A = 1;⟧\nconst A = 1;\nexport { A };");
    erases("⟦declare const a: 1;⟧\nexport { ⟦a⟧ };");
    erases("export { ⟦type A,⟧ b } from './a';");
    erases("⟦export { type A } from './a';⟧\nlet b;");
    erases("⟦function f(): void;⟧\nfunction f() {}\nexport { f };");
}

#[test]
fn enums() {
    rewrites(
        "enum E { A, B = 5, C }",
        "var E = ((E) => {E[E[\"A\"] = 0] = \"A\"; E[E[\"B\"] = 5] = \"B\"; E[E[\"C\"] = 6] = \"C\";  return E; })({});",
    );
    rewrites(
        "export const enum E {\n  A = 'a', // first\n  'b-c' = `x`,\n}\nf(E.A);",
        "export var E = ((E) => {\n  E[\"A\"] = 'a'; // first\n  E[\"b-c\"] = `x`;\n return E; })({});\nf(E.A);",
    );
    rewrites(
        "enum E {\n  A = 1 << 3,\n  B,\n  C = A | E.B,\n  D = f(),\n}",
        "var E = ((E) => {\n  E[E[\"A\"] = 1 << 3] = \"A\";\n  E[E[\"B\"] = 9] = \"B\";\n  E[E[\"C\"] = E.A | E.B] = \"C\";\n  E[E[\"D\"] = f()] = \"D\";\n return E; })({});",
    );
    rewrites(
        "enum E {}",
        "var E = ((E) => {    return E; })({});"
            .replace("    return", " return")
            .as_str(),
    );
}

#[test]
fn enums_add_to_each_other() {
    rewrites(
        "export enum E { A }\nexport enum E { B = 1 }",
        "export var E = ((E) => {E[E[\"A\"] = 0] = \"A\";  return E; })({});\n       E = ((E) => {E[E[\"B\"] = 1] = \"B\";  return E; })(E);",
    );
    rewrites(
        "{ enum E { A } }",
        "{ let E = ((E) => {E[E[\"A\"] = 0] = \"A\";  return E; })({}); }",
    );
}

#[test]
fn parameter_properties() {
    rewrites(
        "class A {\n  constructor(private a: string, readonly b = 2, c?: number) { f(); }\n}",
        "class A { a; b;\n  constructor(        a        ,          b = 2, c         ) { this.a = a; this.b = b; f(); }\n}",
    );
    rewrites(
        "class A extends B {\n  constructor(public a: string) {\n    super(a)\n    f();\n  }\n}",
        "class A extends B { a;\n  constructor(       a        ) {\n    super(a); this.a = a;\n    f();\n  }\n}",
    );
    rewrites(
        "class A {\n  constructor(override a: string) { 'use strict'; }\n}",
        "class A { a;\n  constructor(         a        ) { 'use strict'; this.a = a; }\n}",
    );
}

#[test]
fn refusals_name_place_and_cure() {
    refuses(
        "let a;\n  namespace N { export const b = 1; }",
        2,
        3,
        "import * as N",
    );
    refuses(
        "import a = require('a');\na();",
        1,
        1,
        "import a from \"a\"",
    );
    refuses("import a = b.c;\na();", 1, 1, "const a = …");
    refuses("export = a;", 1, 1, "export default");
    refuses("@dec class A {}", 1, 1, "decorators");
    refuses("class A { @dec m() {} }", 1, 11, "decorators");
    refuses("class A { accessor b = 1; }", 1, 11, "getter");
    refuses("enum E { A = f(), B }", 1, 19, "`E.B` needs an initialiser");
    refuses(
        "class A extends B { constructor(private a) { if (a) super(); } }",
        1,
        44,
        "super",
    );
    refuses("function f(private a) {}", 1, 12, "'private' modifier");
    refuses("let a = ;", 1, 9, "Unexpected token");
}

#[test]
fn jsx_is_refused_in_tsx() {
    let fault = strip_types("t.tsx", "let a = <div>b</div>;").expect_err("JSX");
    assert_eq!(fault.column, 9);
    assert!(fault.message.contains("esbuild"), "{fault}");
}

#[test]
fn syntax_is_checked_by_kind() {
    assert!(check_syntax("a.js", "let a: string", false).is_err());
    assert!(check_syntax("a.ts", "let a: string", true).is_ok());
    assert!(check_syntax("a.cjs", "return 1", false).is_ok());
    assert!(check_syntax("a.js", "return 1", false).is_err());
    let fault = check_syntax("a.js", "let a = 1;\nlet b = {", false).map_err(|it| it.line);
    assert_eq!(fault, Err(2));
}
