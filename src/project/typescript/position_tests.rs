//! Whatever is erased, what stays does not move.

use oxc_allocator::Allocator;
use oxc_parser::config::TokensParserConfig;
use oxc_parser::{Kind, Parser};
use oxc_span::SourceType;
use proptest::prelude::*;

use super::{check_syntax, strip_types};

/// Statements that need no terminator before them.
const STATEMENTS: &[&str] = &[
    "let v$: string = 'a'",
    "const c$ = <T,>(a: T, b?: number): T => a",
    "const d$ = (a: number):\n  string => `${a as any}`",
    "type T$ = { [K in keyof A]?: A[K] } | `x${string}`",
    "interface I$<T> extends J, K<T> {\n  a: string\n  b?(): void\n}",
    "declare function f$(a: number): void",
    "function g$(a: string): void;\nfunction g$(this: Window, a: any, ...b: any[]): a is string { return a! as never }",
    "abstract class C$<T extends object = {}> extends Base<T> implements I<T>, J {\n  private readonly a: T = 1 as any\n  static b?: string\n  get: number\n  c() {}\n  abstract d(): void\n  [key: string]: any\n  private ['e']: string\n  public async *f<U>(u: U): AsyncGenerator<U> { yield <any>u }\n}",
    "export async function h$<T>(this: any, { a, b }: { a: T, b: number } = x): Promise<T> {\n  type L = T\n  return a satisfies T\n}",
    "for (const a of <any[]>list) { let q: number = a! }",
    "new Map<string, number>()",
    "tag<string>`x ${y as string} z`",
    "a?.b!.c<D>(e as F)",
    "(x as any).y = 1",
    "[x] = y as any",
    "`text`",
    "+a",
    "try { b() } catch (e: unknown) { throw e as Error }",
    "export type { Q } from './q'",
    "const ö$: 'ü' = '😀' as 'ü'",
    "if (a) b as any\nelse c!",
    "label$: for (;;) { break label$ }",
    "const o$ = { m<T>(this: T, a?: string): void {}, get x(): number { return 1 }, async *[k!]() {} }",
    "let re$ = /[/]'\"/g as RegExp",
];

/// A program: statements with what ends them.
fn program() -> impl Strategy<Value = String> {
    let statement = (
        0..STATEMENTS.len(),
        prop_oneof![Just("\n"), Just(";\n"), Just(" // c\n")],
    );
    proptest::collection::vec(statement, 1..12).prop_map(|parts| {
        let numbered = parts.iter().enumerate().map(|(number, (statement, end))| {
            STATEMENTS[*statement].replace('$', &number.to_string()) + end
        });
        numbered.collect()
    })
}

/// Line, column in characters, and text of every token.
fn tokens(source: &str, kind: SourceType) -> Vec<(usize, usize, String)> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, kind)
        .with_config(TokensParserConfig)
        .parse();
    let place = |token: &oxc_parser::Token| {
        let before = &source[..token.start() as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let text = source[token.start() as usize..token.end() as usize].to_owned();
        let column = before[line_start..].chars().count();
        (before.matches('\n').count(), column, text)
    };
    let kept = parsed.tokens.iter().filter(|it| it.kind() != Kind::Eof);
    kept.map(place).collect()
}

proptest! {
    #[test]
    fn kept_tokens_stay_where_they_are(typescript in program()) {
        let javascript = strip_types("t.ts", &typescript);
        // Some sequences are no programs: `let a = b` before `[x]` is an index.
        prop_assume!(check_syntax("t.ts", &typescript, true).is_ok());
        let javascript = javascript.map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(typescript.lines().count(), javascript.lines().count());
        if let Err(fault) = check_syntax("t.js", &javascript, false) {
            return Err(TestCaseError::fail(format!("{fault}\n{javascript}")));
        }
        let before = tokens(&typescript, SourceType::ts());
        for token in tokens(&javascript, SourceType::mjs()) {
            // A semicolon or a parenthesis may stand where something was erased.
            let put = matches!(token.2.as_str(), ";" | ")");
            prop_assert!(put || before.contains(&token), "{:?} moved in\n{}", token, javascript);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        let checked = check_syntax("t.ts", &text, true);
        let stripped = strip_types("t.ts", &text);
        prop_assert!(checked.is_ok() || stripped.is_err());
    }

    #[test]
    fn javascript_is_not_touched(number in 0_i32..1000, text in "[a-z]{1,9}") {
        let source = format!("const k = {number};\nexport const t = {{ '{text}': k }}\n;[k].map((x) => x)\n");
        prop_assert_eq!(strip_types("t.ts", &source), Ok(source));
    }
}
