//! Following redirects, as the reference does it: for requests to any stub, 20 at most.

use bytes::Bytes;
use url::Url;

use super::{
    calls::Resolved,
    message::{Body, CallError, Headers, Request, Response},
};

const MAX_REDIRECTS: usize = 20;

const ONCE: &str = "A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a redirect requiring the body to be retransmitted. To avoid this error in the future, construct this request from a buffer-like body initializer.";

/// A body as far as it can be sent again.
#[derive(Debug)]
enum Again {
    Empty,
    Full { bytes: Bytes, text: bool },
    Never,
}

/// A request whose redirects are followed.
#[derive(Debug)]
pub(super) struct Following {
    /// Whom it goes to, wherever redirects lead.
    pub to: Resolved,
    method: String,
    url: String,
    headers: Headers,
    body: Again,
    /// All that were asked, but for `url`.
    visited: Vec<String>,
}

/// What becomes of a response.
#[derive(Debug)]
pub(super) enum Step {
    /// It is the answer.
    Answer(Response),
    /// This is to be sent instead.
    Send(Request),
}

impl Following {
    /// Keeps what is needed to send `request` again.
    pub fn new(to: Resolved, request: &Request) -> Self {
        Self {
            to,
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: match &request.body {
                Body::Empty => Again::Empty,
                Body::Full { bytes, text } => Again::Full {
                    bytes: bytes.clone(),
                    text: *text,
                },
                Body::Stream { .. } => Again::Never,
            },
            visited: Vec::new(),
        }
    }

    /// Looks at a response.
    ///
    /// # Errors
    /// A redirect that cannot be followed, in the reference's words.
    pub fn step(&mut self, mut response: Response) -> Result<Step, CallError> {
        let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
        let location = response.headers.iter().find(|(name, _)| name == "location");
        let location = location.filter(|(_, location)| is_redirect && !location.is_empty());
        let Some((_, location)) = location else {
            if !self.visited.is_empty() {
                response.url = Some(std::mem::take(&mut self.url));
            }
            return Ok(Step::Answer(response));
        };
        let failed = |text: String| Err(CallError::of("TypeError", text));
        let Some((from, to)) = self.resolve(location) else {
            return failed("Invalid Location header; unable to follow redirect.".into());
        };
        self.visited
            .push(std::mem::replace(&mut self.url, to.to_string()));
        if self.visited.len() > MAX_REDIRECTS {
            return failed(format!("Too many redirects.{}", self.visited.join(", ")));
        }
        if from.origin() != to.origin() {
            self.headers.retain(|(name, _)| name != "authorization");
        }
        self.rewrite_method(response.status);
        Ok(Step::Send(Request {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: match &self.body {
                Again::Empty => Body::Empty,
                Again::Full { bytes, text } => Body::Full {
                    bytes: bytes.clone(),
                    text: *text,
                },
                Again::Never => return failed(ONCE.into()),
            },
        }))
    }

    fn resolve(&self, location: &str) -> Option<(Url, Url)> {
        let from = Url::parse(&self.url).ok()?;
        let mut to = from.join(location).ok()?;
        to.set_fragment(None);
        matches!(to.scheme(), "http" | "https").then_some((from, to))
    }

    /// By the rules of the Fetch standard.
    fn rewrite_method(&mut self, status: u16) {
        let becomes_get = match status {
            301 | 302 => self.method == "POST",
            303 => self.method != "GET" && self.method != "HEAD",
            _ => false,
        };
        if becomes_get {
            self.method = "GET".into();
            self.body = Again::Empty;
            self.headers.retain(|(name, _)| name != "content-length");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::target::Target;

    fn following(method: &str, body: Body) -> Following {
        let request = Request {
            method: method.into(),
            url: "http://a.example/start?q".into(),
            headers: vec![
                ("authorization".into(), "secret".into()),
                ("content-length".into(), "4".into()),
            ],
            body,
        };
        Following::new(
            Resolved::Target(Target::Internet(Default::default())),
            &request,
        )
    }

    fn redirect(status: u16, location: &str) -> Response {
        Response {
            status,
            status_text: String::new(),
            headers: vec![("location".into(), location.into())],
            body: Body::Empty,
            url: None,
            coded: false,
            socket: None,
        }
    }

    fn sent(following: &mut Following, status: u16, location: &str) -> Request {
        match following.step(redirect(status, location)) {
            Ok(Step::Send(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn data() -> Body {
        Body::Full {
            bytes: "data".into(),
            text: true,
        }
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let table = [
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (303, "POST", "GET"),
            (307, "POST", "POST"),
            (308, "POST", "POST"),
            (301, "PUT", "PUT"),
            (303, "PUT", "GET"),
            (303, "DELETE", "GET"),
            (302, "DELETE", "DELETE"),
            (303, "HEAD", "HEAD"),
            (302, "GET", "GET"),
        ];
        for (status, method, expected) in table {
            let request = sent(&mut following(method, Body::Empty), status, "/next");
            assert_eq!(request.method, expected, "{status} {method}");
        }
    }

    #[test]
    fn a_body_goes_again_only_where_the_method_stays() {
        let request = sent(&mut following("POST", data()), 307, "/next");
        assert!(matches!(request.body, Body::Full { .. }));
        let request = sent(&mut following("POST", data()), 302, "/next");
        assert!(matches!(request.body, Body::Empty));
        assert!(
            !request
                .headers
                .iter()
                .any(|(name, _)| name == "content-length")
        );
    }

    #[test]
    fn a_stream_cannot_go_again() {
        let stream = || Body::Stream {
            chunks: tokio::sync::mpsc::channel(1).1,
            length: None,
        };
        let error = following("POST", stream())
            .step(redirect(307, "/next"))
            .unwrap_err();
        assert!(error.message.contains("one-time-use body"), "{error}");
        assert_eq!(
            sent(&mut following("POST", stream()), 303, "/next").method,
            "GET"
        );
    }

    #[test]
    fn another_origin_gets_no_authorization() {
        let has = |location: &str| {
            let request = sent(&mut following("GET", Body::Empty), 302, location);
            request
                .headers
                .iter()
                .any(|(name, _)| name == "authorization")
        };
        assert!(has("/next") && has("http://a.example:80/next"));
        assert!(!has("https://a.example/") && !has("http://a.example:81/") && !has("//b.example/"));
    }

    #[test]
    fn the_answer_says_where_it_came_from() {
        let mut following = following("GET", Body::Empty);
        assert_eq!(
            sent(&mut following, 302, "next#there").url,
            "http://a.example/next"
        );
        let Ok(Step::Answer(answer)) = following.step(redirect(200, "/ignored")) else {
            panic!("no answer")
        };
        assert_eq!(answer.url.as_deref(), Some("http://a.example/next"));
    }

    #[test]
    fn there_is_an_end() {
        let mut following = following("GET", Body::Empty);
        for _ in 0..MAX_REDIRECTS {
            sent(&mut following, 302, "/again");
        }
        let error = following.step(redirect(302, "/again")).unwrap_err();
        assert!(
            error.message.starts_with(
                "Too many redirects.http://a.example/start?q, http://a.example/again, "
            )
        );
    }

    #[test]
    fn nonsense_is_not_followed() {
        for location in ["http://[bad", "data:text/plain,hi", "ftp://a.example/"] {
            let error = following("GET", Body::Empty)
                .step(redirect(302, location))
                .unwrap_err();
            assert_eq!(
                error.message,
                "Invalid Location header; unable to follow redirect."
            );
        }
    }
}
