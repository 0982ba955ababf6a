//! The two ends of a socket, and what waits on its way from one to the other.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire},
        },
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use parking_lot::Mutex;

/// Bytes that may wait at one end; a single message may be larger. More means that nobody reads:
/// the socket is cut.
pub const WAITING_LIMIT: usize = 16 << 20;
/// While so many bytes wait at an end, nothing more is read from the network for it.
const ENOUGH: usize = 512 << 10;
/// What a message costs beside its own bytes.
const OVERHEAD: usize = 64;

/// What travels through a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// UTF-8.
    Text(Bytes),
    /// Anything.
    Binary(Bytes),
    /// The sender will send nothing more. 1005 stands for no code.
    Close {
        /// As RFC 6455 has them.
        code: u16,
        /// At most 123 bytes.
        reason: String,
    },
    /// The other end is gone without having said so.
    Lost,
    /// The other end broke the protocol; in words.
    Failed(String),
}

impl Message {
    /// Whether nothing can come after it.
    pub fn is_last(&self) -> bool {
        !matches!(self, Message::Text(_) | Message::Binary(_))
    }

    fn cost(&self) -> usize {
        let bytes = match self {
            Message::Text(bytes) | Message::Binary(bytes) => bytes.len(),
            Message::Close { reason, .. } => reason.len(),
            Message::Lost | Message::Failed(_) => 0,
        };
        bytes + OVERHEAD
    }
}

/// Takes what arrives at ends that were attached to it. Called with the end's lock held, so it
/// must only queue what it gets, or drop it.
pub trait Receiver: Send + Sync {
    /// A message for the end that was attached as `token`.
    fn receive(&self, token: u64, delivery: Delivery);
}

/// A message that has arrived. It counts as waiting until it is dropped.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    credit: Credit,
}

impl Delivery {
    /// The message, which from now on counts as handled.
    pub fn take(self) -> Message {
        let Self { message, credit } = self;
        drop(credit);
        message
    }
}

#[derive(Debug)]
struct Credit {
    pair: Arc<Pair>,
    side: usize,
    cost: usize,
}

impl Drop for Credit {
    fn drop(&mut self) {
        self.pair.handled(self.side, self.cost);
    }
}

/// Who takes what arrives at an end.
enum Owner {
    /// Nobody yet: messages wait.
    Nobody,
    /// Code.
    Receiver(Arc<dyn Receiver>, u64),
    /// A task, which asks with [`SocketEnd::poll_next`].
    Task(Option<Waker>),
    /// Nobody any more.
    Gone,
}

/// What travels towards one end.
struct Side {
    owner: Owner,
    waiting: VecDeque<Message>,
    /// The last message has arrived.
    ended: bool,
}

impl Side {
    fn new() -> Self {
        Self {
            owner: Owner::Nobody,
            waiting: VecDeque::new(),
            ended: false,
        }
    }

    fn next(&mut self) -> Option<Message> {
        let message = self.waiting.pop_front()?;
        if self.waiting.is_empty() {
            // an idle socket holds no memory for what once waited
            self.waiting = VecDeque::new();
        }
        Some(message)
    }
}

/// How much has arrived at one end and is not handled. Apart from the end's lock, so that
/// messages can be dropped anywhere.
#[derive(Default)]
struct Load {
    bytes: AtomicUsize,
    /// Who waits for fewer.
    room: Mutex<Option<Waker>>,
}

struct Pair {
    sides: [Mutex<Side>; 2],
    loads: [Load; 2],
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair")
    }
}

impl Pair {
    fn arrive(self: &Arc<Self>, side: usize, state: &mut Side, message: Message) {
        state.ended |= message.is_last();
        let cost = message.cost();
        self.loads[side].bytes.fetch_add(cost, AcqRel);
        match &mut state.owner {
            Owner::Receiver(receiver, token) => {
                let pair = self.clone();
                let credit = Credit { pair, side, cost };
                receiver.receive(*token, Delivery { message, credit });
            }
            Owner::Task(waker) => {
                state.waiting.push_back(message);
                if let Some(waker) = waker.take() {
                    waker.wake();
                }
            }
            Owner::Nobody => state.waiting.push_back(message),
            Owner::Gone => self.handled(side, cost),
        }
    }

    fn handled(&self, side: usize, cost: usize) {
        let load = &self.loads[side];
        let before = load.bytes.fetch_sub(cost, AcqRel);
        if before >= ENOUGH
            && before - cost < ENOUGH
            && let Some(waker) = load.room.lock().take()
        {
            waker.wake();
        }
    }
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It is on its way, or the other end wants no more.
    Sent,
    /// Too much waits at the other end: the socket is cut, and both ends are told that it is lost.
    Cut,
}

/// One end of a socket. Dropping it tells the other end, unless that has been said goodbye to.
#[derive(Debug)]
pub struct SocketEnd {
    pair: Arc<Pair>,
    side: usize,
}

impl SocketEnd {
    /// Two ends, joined.
    pub fn pair() -> (Self, Self) {
        let pair = Arc::new(Pair {
            sides: [Mutex::new(Side::new()), Mutex::new(Side::new())],
            loads: Default::default(),
        });
        let other = Self {
            pair: pair.clone(),
            side: 1,
        };
        (Self { pair, side: 0 }, other)
    }

    fn own(&self) -> &Mutex<Side> {
        &self.pair.sides[self.side]
    }

    fn other(&self) -> &Mutex<Side> {
        &self.pair.sides[1 - self.side]
    }

    /// Sends to the other end. Nothing can follow a message that is the last.
    pub fn send(&self, message: Message) -> Flow {
        let mut other = self.other().lock();
        if other.ended {
            return Flow::Sent;
        }
        let load = self.pair.loads[1 - self.side].bytes.load(Acquire);
        if load > 0 && load + message.cost() > WAITING_LIMIT && !message.is_last() {
            self.forget_waiting(1 - self.side, &mut other);
            self.pair.arrive(1 - self.side, &mut other, Message::Lost);
            drop(other);
            let mut own = self.own().lock();
            if !own.ended {
                self.pair.arrive(self.side, &mut own, Message::Lost);
            }
            return Flow::Cut;
        }
        self.pair.arrive(1 - self.side, &mut other, message);
        Flow::Sent
    }

    /// From now on `receiver` takes what arrives here, starting with what has been waiting.
    pub fn attach(&self, receiver: Arc<dyn Receiver>, token: u64) {
        let mut own = self.own().lock();
        own.owner = Owner::Receiver(receiver, token);
        for message in std::mem::take(&mut own.waiting) {
            let cost = message.cost();
            self.pair.arrive(self.side, &mut own, message);
            self.pair.handled(self.side, cost);
        }
    }

    /// Whether the other end has a holder that takes messages, or had one.
    pub fn is_connected(&self) -> bool {
        !matches!(self.other().lock().owner, Owner::Nobody)
    }

    /// The next message, for a task. Replaces an earlier waker.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Message> {
        let mut own = self.own().lock();
        match own.next() {
            Some(message) => {
                drop(own);
                self.pair.handled(self.side, message.cost());
                Poll::Ready(message)
            }
            None => {
                own.owner = Owner::Task(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }

    /// Ready while more may be read for the other end.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let load = &self.pair.loads[1 - self.side];
        if load.bytes.load(Acquire) < ENOUGH {
            return Poll::Ready(());
        }
        *load.room.lock() = Some(cx.waker().clone());
        // it may have become less before the waker was there
        if load.bytes.load(Acquire) < ENOUGH {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn forget_waiting(&self, side: usize, state: &mut Side) {
        let waiting = std::mem::take(&mut state.waiting);
        self.pair
            .handled(side, waiting.iter().map(Message::cost).sum());
    }
}

impl Drop for SocketEnd {
    fn drop(&mut self) {
        let mut own = self.own().lock();
        own.owner = Owner::Gone;
        self.forget_waiting(self.side, &mut own);
        drop(own);
        self.send(Message::Lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Inbox(Mutex<Vec<(u64, Delivery)>>);

    impl Receiver for Inbox {
        fn receive(&self, token: u64, delivery: Delivery) {
            self.0.lock().push((token, delivery));
        }
    }

    fn text(text: &'static str) -> Message {
        Message::Text(Bytes::from_static(text.as_bytes()))
    }

    fn nobody() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    #[test]
    fn what_came_before_the_receiver_comes_first() {
        let (a, b) = SocketEnd::pair();
        a.send(text("1"));
        a.send(text("2"));
        let inbox = Arc::new(Inbox::default());
        b.attach(inbox.clone(), 7);
        a.send(text("3"));
        let got: Vec<_> = std::mem::take(&mut *inbox.0.lock())
            .into_iter()
            .map(|(token, delivery)| (token, delivery.take()))
            .collect();
        assert_eq!(got, [(7, text("1")), (7, text("2")), (7, text("3"))]);
    }

    #[test]
    fn a_dropped_end_is_lost_once_and_not_after_goodbye() {
        let (a, b) = SocketEnd::pair();
        drop(a);
        assert_eq!(b.poll_next(&mut nobody()), Poll::Ready(Message::Lost));
        assert_eq!(b.poll_next(&mut nobody()), Poll::Pending);
        let (a, b) = SocketEnd::pair();
        let close = Message::Close {
            code: 1000,
            reason: String::new(),
        };
        a.send(close.clone());
        a.send(text("late"));
        drop(a);
        assert_eq!(b.poll_next(&mut nobody()), Poll::Ready(close));
        assert_eq!(b.poll_next(&mut nobody()), Poll::Pending);
    }

    #[test]
    fn an_end_that_nobody_reads_is_cut() {
        let (a, b) = SocketEnd::pair();
        let large = Message::Binary(Bytes::from(vec![0; 1 << 20]));
        let sent = (0..100).take_while(|_| a.send(large.clone()) == Flow::Sent);
        assert_eq!(sent.count(), (WAITING_LIMIT >> 20) - 1);
        assert_eq!(b.poll_next(&mut nobody()), Poll::Ready(Message::Lost));
        assert_eq!(a.poll_next(&mut nobody()), Poll::Ready(Message::Lost));
        // one message of any size may always wait
        let (a, _b) = SocketEnd::pair();
        assert_eq!(
            a.send(Message::Binary(Bytes::from(vec![0; 32 << 20]))),
            Flow::Sent
        );
    }

    #[test]
    fn there_is_room_again_once_messages_are_handled() {
        let (a, b) = SocketEnd::pair();
        let inbox = Arc::new(Inbox::default());
        b.attach(inbox.clone(), 0);
        assert_eq!(a.poll_room(&mut nobody()), Poll::Ready(()));
        a.send(Message::Binary(Bytes::from(vec![0; ENOUGH])));
        assert_eq!(a.poll_room(&mut nobody()), Poll::Pending);
        inbox.0.lock().clear();
        assert_eq!(a.poll_room(&mut nobody()), Poll::Ready(()));
    }
}
