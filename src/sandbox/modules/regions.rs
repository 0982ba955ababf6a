//! Which pages of a guest's memory are free for regions, of those that were regions once.

/// Bytes of a page.
pub(super) const PAGE: usize = 1 << 16;

/// Free runs of pages, in order: start and length.
#[derive(Debug, Default)]
pub(super) struct Regions {
    free: Vec<(u32, u32)>,
}

impl Regions {
    /// Takes `pages` from the run that fits best.
    pub fn take(&mut self, pages: u32) -> Option<u32> {
        let fitting = self.free.iter().enumerate();
        let (index, _) = fitting
            .filter(|(_, (_, length))| *length >= pages)
            .min_by_key(|(_, (_, length))| *length)?;
        let start = self.free[index].0;
        self.shorten(index, pages);
        Some(start)
    }

    /// Takes `pages` from the run that starts at `start`.
    pub fn take_at(&mut self, start: u32, pages: u32) -> bool {
        let found = self
            .free
            .iter()
            .position(|(at, length)| *at == start && *length >= pages);
        if let Some(index) = found {
            self.shorten(index, pages);
        }
        found.is_some()
    }

    fn shorten(&mut self, index: usize, pages: u32) {
        let run = &mut self.free[index];
        run.0 += pages;
        run.1 -= pages;
        if run.1 == 0 {
            self.free.remove(index);
        }
    }

    /// Gives pages back.
    pub fn give(&mut self, start: u32, pages: u32) {
        if pages == 0 {
            return;
        }
        let index = self.free.partition_point(|(at, _)| *at < start);
        self.free.insert(index, (start, pages));
        for left in [index, index.wrapping_sub(1)] {
            if left < self.free.len().saturating_sub(1) {
                let (at, length) = self.free[left];
                if at + length == self.free[left + 1].0 {
                    self.free[left].1 += self.free.remove(left + 1).1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Regions;

    #[test]
    fn neighbours_become_one_run() {
        let mut regions = Regions::default();
        regions.give(10, 5);
        regions.give(20, 5);
        assert_eq!(regions.take(6), None);
        regions.give(15, 5);
        assert_eq!(regions.free, [(10, 15)]);
        assert_eq!(regions.take(15), Some(10));
        assert!(regions.free.is_empty());
    }

    #[test]
    fn the_tightest_run_is_taken() {
        let mut regions = Regions::default();
        regions.give(0, 10);
        regions.give(20, 3);
        assert_eq!(regions.take(2), Some(20));
        assert!(!regions.take_at(20, 1));
        assert!(regions.take_at(22, 1));
        assert!(regions.take_at(0, 10));
        assert_eq!(regions.take(1), None);
    }
}
