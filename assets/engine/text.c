/* Text between QuickJS strings and UTF-8. */

/* Appends one code point to a UTF-16 buffer and returns the next free place. */
static uint16_t *lap_put_utf16(uint16_t *q, uint32_t c)
{
    if (c >= 0x10000) {
        c -= 0x10000;
        *q++ = 0xd800 | (c >> 10);
        *q++ = 0xdc00 | (c & 0x3ff);
    } else {
        *q++ = c;
    }
    return q;
}

/* Decodes one sequence as the WHATWG Encoding Standard does: an invalid one yields -1 and
 * consumes its maximal valid prefix. `*p` < `end` on entry. */
static int32_t lap_next_code_point(const uint8_t **p, const uint8_t *end)
{
    uint8_t lead = *(*p)++, low = 0x80, high = 0xbf;
    int32_t c;
    int need;
    if (lead < 0x80)
        return lead;
    if (lead >= 0xc2 && lead <= 0xdf) {
        need = 1;
        c = lead & 0x1f;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        need = 2;
        c = lead & 0x0f;
        if (lead == 0xe0)
            low = 0xa0;
        if (lead == 0xed)
            high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        need = 3;
        c = lead & 0x07;
        if (lead == 0xf0)
            low = 0x90;
        if (lead == 0xf4)
            high = 0x8f;
    } else {
        return -1;
    }
    while (need-- > 0) {
        if (*p >= end || **p < low || **p > high)
            return -1;
        c = (c << 6) | (*(*p)++ & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    return c;
}

static size_t lap_ascii_prefix(const uint8_t *p, size_t len)
{
    size_t i = 0;
    uint64_t word;
    for (; i + 8 <= len; i += 8) {
        memcpy(&word, p + i, 8);
        if (word & 0x8080808080808080ull)
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

/* UTF-8 to a string. Invalid sequences become U+FFFD, or a TypeError when `fatal`. */
static JSValue lap_new_string(JSContext *ctx, const uint8_t *p, size_t len, bool fatal)
{
    const uint8_t *end = p + len;
    size_t ascii = lap_ascii_prefix(p, len), i;
    uint16_t *wide, *q;
    JSValue string;
    if (ascii == len)
        return js_new_string8_len(ctx, (const char *)p, len);
    /* a code unit never takes less than one byte of UTF-8 */
    wide = js_malloc(ctx, len * sizeof(uint16_t));
    if (!wide)
        return JS_EXCEPTION;
    q = wide;
    for (i = 0; i < ascii; i++)
        *q++ = p[i];
    p += ascii;
    while (p < end) {
        int32_t c = lap_next_code_point(&p, end);
        if (c < 0) {
            if (fatal) {
                js_free(ctx, wide);
                return JS_ThrowTypeError(ctx, "Failed to decode input.");
            }
            c = 0xfffd;
        }
        q = lap_put_utf16(q, c);
    }
    string = js_new_string16_len(ctx, wide, q - wide);
    js_free(ctx, wide);
    return string;
}

/* Bytes that `lap_put_string` may write for this string at most. */
static size_t lap_string_room(const JSString *s)
{
    return s->is_wide_char ? (size_t)s->len * 3 : (size_t)s->len * 2;
}

/* Writes a string as UTF-8 and returns the end. A lone surrogate keeps its three bytes
 * (WTF-8, as the reference stores it in SQLite) unless `strict`, which makes it U+FFFD. */
static uint8_t *lap_put_string(uint8_t *q, JSString *s, bool strict)
{
    uint32_t i, len = s->len;
    if (!s->is_wide_char) {
        const uint8_t *src = str8(s);
        size_t ascii = lap_ascii_prefix(src, len);
        memcpy(q, src, ascii);
        q += ascii;
        for (i = ascii; i < len; i++) {
            if (src[i] < 0x80) {
                *q++ = src[i];
            } else {
                *q++ = 0xc0 | (src[i] >> 6);
                *q++ = 0x80 | (src[i] & 0x3f);
            }
        }
        return q;
    }
    const uint16_t *src = str16(s);
    for (i = 0; i < len; i++) {
        uint32_t c = src[i];
        if (is_hi_surrogate(c) && i + 1 < len && is_lo_surrogate(src[i + 1]))
            c = from_surrogate(c, src[++i]);
        else if (strict && c >= 0xd800 && c <= 0xdfff)
            c = 0xfffd;
        q += utf8_encode(q, c);
    }
    return q;
}
