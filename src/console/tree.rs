//! The tree of workers, namespaces, objects and facets as a list: which lines show, in which
//! order, and which one is selected. Made anew with each picture, in one pass over the rows.

use std::{collections::HashSet, sync::Arc};

use super::{
    order::{Sort, compare},
    text,
};
use crate::control::view::{NodeId, NodeKind, Row};

const NOWHERE: u32 = u32::MAX;

/// The visible lines and the selection among them.
#[derive(Default)]
pub struct Tree {
    rows: Arc<[Arc<Row>]>,
    /// For each row the row above it in the tree, or [`NOWHERE`].
    parents: Vec<u32>,
    /// For each row the first row after everything below it.
    ends: Vec<u32>,
    collapsed: HashSet<NodeId>,
    sort: Option<Sort>,
    /// In lower case.
    filter: String,
    /// Rows that the filter itself found, ancestors and children not counted.
    found: usize,
    /// Row numbers in the order shown.
    visible: Vec<u32>,
    /// Place of the selected line in `visible`.
    cursor: usize,
    selected: Option<NodeId>,
}

impl Tree {
    /// Takes the rows of a new picture, keeping selection, filter, sort and collapsed nodes.
    pub fn set_rows(&mut self, rows: Arc<[Arc<Row>]>) {
        self.rows = rows;
        self.link();
        self.arrange();
    }

    /// Number of lines shown.
    pub fn len(&self) -> usize {
        self.visible.len()
    }

    /// Number of nodes, shown or not.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// Number of nodes that the filter found.
    pub fn found(&self) -> usize {
        self.found
    }

    /// The row on line `line`.
    pub fn line(&self, line: usize) -> Option<&Row> {
        self.rows
            .get(*self.visible.get(line)? as usize)
            .map(|row| &**row)
    }

    /// Every row, in the order that the host gave.
    pub fn rows(&self) -> &[Arc<Row>] {
        &self.rows
    }

    /// The row of `id`, if it still exists.
    pub fn row(&self, id: &NodeId) -> Option<&Row> {
        self.index_of(id).map(|i| &*self.rows[i])
    }

    /// Line that the selection is on.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The selected node; the same on every screen.
    pub fn selected(&self) -> Option<&NodeId> {
        self.selected.as_ref()
    }

    /// `id` and everything below it.
    pub fn subtree(&self, id: &NodeId) -> &[Arc<Row>] {
        self.index_of(id)
            .map_or(&[], |i| &self.rows[i..self.ends[i] as usize])
    }

    /// The rows from the root down to `id`, `id` last.
    pub fn path(&self, id: &NodeId) -> Vec<&Row> {
        self.index_of(id).map_or(Vec::new(), |i| self.path_to(i))
    }

    /// The rows from the root down to row number `index`.
    pub fn path_to(&self, index: usize) -> Vec<&Row> {
        let mut path: Vec<&Row> = Vec::new();
        let mut at = index as u32;
        while let Some(row) = self.rows.get(at as usize) {
            path.push(row);
            at = self.parents[at as usize];
        }
        path.reverse();
        path
    }

    /// Whether anything is below the row on `line`.
    pub fn has_children(&self, line: usize) -> bool {
        self.visible
            .get(line)
            .is_some_and(|&i| self.ends[i as usize] > i + 1)
    }

    /// Whether the row on `line` hides what is below it.
    pub fn is_collapsed(&self, line: usize) -> bool {
        self.filter.is_empty()
            && self.has_children(line)
            && self
                .line(line)
                .is_some_and(|row| self.collapsed.contains(&row.id))
    }

    /// What rows are sorted by; `None` is the host's order.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// Orders siblings by `sort`.
    pub fn set_sort(&mut self, sort: Option<Sort>) {
        self.sort = sort;
        self.arrange();
    }

    /// The filter, in lower case; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Shows only nodes whose name or id holds `filter`, with what is above them, and of objects
    /// also the facets.
    pub fn set_filter(&mut self, filter: &str) {
        self.filter = filter.to_lowercase();
        self.arrange();
        let on_match = self.line(self.cursor).is_some_and(|row| self.is_found(row));
        if !self.filter.is_empty() && !on_match {
            self.select_line(self.first_match());
        }
    }

    /// Selects the node on `line`, or the nearest line there is.
    pub fn select_line(&mut self, line: usize) {
        self.cursor = line.min(self.visible.len().saturating_sub(1));
        self.selected = self.line(self.cursor).map(|row| row.id.clone());
    }

    /// Selects `id`, opening what hides it. False when it does not exist.
    pub fn select(&mut self, id: &NodeId) -> bool {
        let Some(index) = self.index_of(id) else {
            return false;
        };
        if !self.visible.contains(&(index as u32)) {
            self.filter.clear();
            let mut at = self.parents[index];
            while at != NOWHERE {
                self.collapsed.remove(&self.rows[at as usize].id);
                at = self.parents[at as usize];
            }
        }
        self.selected = Some(id.clone());
        self.arrange();
        true
    }

    /// Hides what is below the selected line. False when there is nothing to hide.
    pub fn collapse(&mut self) -> bool {
        let can = self.has_children(self.cursor) && !self.is_collapsed(self.cursor);
        if can && let Some(id) = self.selected.clone() {
            self.collapsed.insert(id);
            self.arrange();
        }
        can
    }

    /// Shows what is below the selected line. False when nothing was hidden.
    pub fn expand(&mut self) -> bool {
        let can = self.is_collapsed(self.cursor);
        if can && let Some(id) = &self.selected {
            self.collapsed.remove(id);
            self.arrange();
        }
        can
    }

    /// Shows everything.
    pub fn expand_all(&mut self) {
        self.collapsed.clear();
        self.arrange();
    }

    /// Hides everything below namespaces.
    pub fn collapse_all(&mut self) {
        let below_namespaces = self
            .rows
            .iter()
            .enumerate()
            .filter(|(i, row)| row.depth > 0 && self.ends[*i] as usize > i + 1)
            .map(|(_, row)| row.id.clone());
        self.collapsed.extend(below_namespaces);
        // The selection climbs to what is still shown, rather than to a neighbour.
        if let Some(namespace) = self.selected.as_ref().and_then(|id| {
            let path = self.path(id);
            path.iter()
                .find(|row| self.collapsed.contains(&row.id))
                .map(|row| row.id.clone())
        }) {
            self.selected = Some(namespace);
        }
        self.arrange();
    }

    /// Selects the node above the selected one in the tree.
    pub fn select_parent(&mut self) {
        let parent = self
            .visible
            .get(self.cursor)
            .map(|&i| self.parents[i as usize]);
        if let Some(line) = parent.and_then(|p| self.visible.iter().position(|&i| i == p)) {
            self.select_line(line);
        }
    }

    fn index_of(&self, id: &NodeId) -> Option<usize> {
        // Nearly always it is the selected one, where it was before.
        if let Some(&i) = self.visible.get(self.cursor)
            && self.rows.get(i as usize).is_some_and(|row| row.id == *id)
        {
            return Some(i as usize);
        }
        self.rows.iter().position(|row| row.id == *id)
    }

    /// Finds for each row its parent and where its subtree ends, from the depths alone.
    fn link(&mut self) {
        let count = self.rows.len();
        self.parents.clear();
        self.parents.resize(count, NOWHERE);
        self.ends.clear();
        self.ends.resize(count, count as u32);
        let mut open: Vec<u32> = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            while let Some(&above) = open.last()
                && self.rows[above as usize].depth >= row.depth
            {
                self.ends[above as usize] = i as u32;
                open.pop();
            }
            self.parents[i] = open.last().copied().unwrap_or(NOWHERE);
            open.push(i as u32);
        }
    }

    /// Makes `visible` anew and puts the cursor on the selected node.
    fn arrange(&mut self) {
        let kept = (!self.filter.is_empty()).then(|| self.matching());
        self.visible.clear();
        match self.sort {
            None => self.arrange_plain(kept.as_deref()),
            Some(sort) => self.arrange_sorted(sort, kept.as_deref()),
        }
        self.follow_selection();
    }

    /// For each row whether the filter keeps it: it matches, or something above or below does.
    fn matching(&mut self) -> Vec<bool> {
        let mut kept = vec![false; self.rows.len()];
        self.found = 0;
        let mut below_match = 0;
        for (i, row) in self.rows.iter().enumerate() {
            if self.is_found(row) {
                self.found += 1;
                // What an object holds belongs to it; a whole worker would be no filter at all.
                if matches!(row.kind, NodeKind::Object | NodeKind::Facet) {
                    below_match = below_match.max(self.ends[i] as usize);
                }
                kept[i] = true;
                let mut above = self.parents[i];
                while above != NOWHERE && !kept[above as usize] {
                    kept[above as usize] = true;
                    above = self.parents[above as usize];
                }
            } else if i < below_match {
                kept[i] = true;
            }
        }
        kept
    }

    fn is_found(&self, row: &Row) -> bool {
        // Of the id only the last part, or a worker's name would find all that is below it.
        let own = row.id.0.rsplit('/').next().unwrap_or_default();
        text::holds(&row.label, &self.filter) || text::holds(own, &self.filter)
    }

    fn arrange_plain(&mut self, kept: Option<&[bool]>) {
        let mut i = 0;
        while i < self.rows.len() {
            if kept.is_some_and(|kept| !kept[i]) {
                i = self.ends[i] as usize;
                continue;
            }
            self.visible.push(i as u32);
            i = if self.hides(i, kept) {
                self.ends[i] as usize
            } else {
                i + 1
            };
        }
    }

    fn arrange_sorted(&mut self, sort: Sort, kept: Option<&[bool]>) {
        let mut stack = self.sorted_children(0, self.rows.len(), sort, kept);
        while let Some(i) = stack.pop() {
            self.visible.push(i);
            let index = i as usize;
            let end = self.ends[index] as usize;
            if end > index + 1 && !self.hides(index, kept) {
                stack.extend(self.sorted_children(index + 1, end, sort, kept));
            }
        }
    }

    /// The siblings within `from..end`, the first one to show last.
    fn sorted_children(
        &self,
        from: usize,
        end: usize,
        sort: Sort,
        kept: Option<&[bool]>,
    ) -> Vec<u32> {
        let mut children = Vec::new();
        let mut i = from;
        while i < end {
            if kept.is_none_or(|kept| kept[i]) {
                children.push(i as u32);
            }
            i = self.ends[i] as usize;
        }
        children.sort_by(|&a, &b| {
            let order = compare(&self.rows[a as usize], &self.rows[b as usize], sort.column);
            if sort.descending {
                order.reverse()
            } else {
                order
            }
        });
        children.reverse();
        children
    }

    fn hides(&self, index: usize, kept: Option<&[bool]>) -> bool {
        kept.is_none()
            && !self.collapsed.is_empty()
            && self.collapsed.contains(&self.rows[index].id)
    }

    fn follow_selection(&mut self) {
        let at = self.selected.as_ref().and_then(|id| {
            let here = |line: usize| self.line(line).is_some_and(|row| row.id == *id);
            if here(self.cursor) {
                return Some(self.cursor);
            }
            (0..self.visible.len()).find(|&line| here(line))
        });
        match at {
            Some(line) => self.cursor = line,
            // With a filter the first line that it found serves best, else the nearest one left.
            None if !self.filter.is_empty() => self.select_line(self.first_match()),
            None => self.select_line(self.cursor),
        }
    }

    fn first_match(&self) -> usize {
        (0..self.visible.len())
            .find(|&line| self.line(line).is_some_and(|row| self.is_found(row)))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::order::Column;
    use crate::console::tests::fake::{row, rows};

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.set_rows(rows(&[
            ("apps", 0, 9.0),
            ("Runner", 1, 9.0),
            ("beta", 2, 5.0),
            ("f1", 3, 1.0),
            ("alpha", 2, 4.0),
            ("shop", 0, 1.0),
            ("Cart", 1, 1.0),
        ]));
        tree
    }

    fn shown(tree: &Tree) -> Vec<&str> {
        (0..tree.len())
            .filter_map(|line| Some(&*tree.line(line)?.label))
            .collect()
    }

    #[test]
    fn collapsing_hides_the_subtree_and_the_selection_stays() {
        let mut tree = tree();
        tree.select_line(2);
        assert!(tree.collapse());
        assert_eq!(
            shown(&tree),
            ["apps", "Runner", "beta", "alpha", "shop", "Cart"]
        );
        assert!(tree.is_collapsed(2) && !tree.collapse());
        assert!(tree.expand() && !tree.expand());
        assert_eq!(tree.len(), 7);
        tree.select_line(3);
        tree.collapse_all();
        assert_eq!(shown(&tree), ["apps", "Runner", "shop", "Cart"]);
        assert_eq!(tree.cursor(), 1, "the selection climbs");
    }

    #[test]
    fn sorting_stays_within_siblings() {
        let mut tree = tree();
        tree.select_line(3);
        tree.set_sort(Some(Sort {
            column: Column::Name,
            descending: true,
        }));
        assert_eq!(
            shown(&tree),
            ["shop", "Cart", "apps", "Runner", "beta", "f1", "alpha"]
        );
        assert_eq!(tree.line(tree.cursor()).unwrap().label.as_ref(), "f1");
        tree.set_sort(Some(Sort {
            column: Column::Rate,
            descending: false,
        }));
        assert_eq!(
            shown(&tree),
            ["shop", "Cart", "apps", "Runner", "alpha", "beta", "f1"]
        );
    }

    #[test]
    fn a_filter_keeps_what_is_above_and_below() {
        let mut tree = tree();
        tree.set_filter("BET");
        assert_eq!(shown(&tree), ["apps", "Runner", "beta", "f1"]);
        assert_eq!(tree.found(), 1);
        assert_eq!(tree.cursor(), 2, "the found one is selected");
        tree.set_filter("shop");
        assert_eq!(shown(&tree), ["shop"], "a worker alone");
        tree.set_filter("nothing");
        assert_eq!(tree.len(), 0);
        assert_eq!(tree.selected(), None);
        tree.set_filter("");
        assert_eq!(tree.len(), 7);
    }

    #[test]
    fn selecting_opens_what_hides_it() {
        let mut tree = tree();
        let id = tree.rows()[3].id.clone();
        tree.collapse_all();
        assert!(tree.select(&id));
        assert_eq!(tree.line(tree.cursor()).unwrap().id, id);
        assert_eq!(
            tree.path(&id).iter().map(|r| &*r.label).collect::<Vec<_>>(),
            ["apps", "Runner", "beta", "f1"]
        );
        assert!(!tree.select(&NodeId("gone".into())));
    }

    #[test]
    fn a_selected_node_that_goes_leaves_the_line_to_its_neighbour() {
        let mut tree = tree();
        tree.select_line(4);
        tree.set_rows(rows(&[("apps", 0, 9.0), ("Runner", 1, 9.0)]));
        assert_eq!(tree.cursor(), 1);
        tree.set_rows(Arc::new([]));
        assert_eq!(tree.selected(), None);
    }

    #[test]
    fn odd_depths_do_no_harm() {
        let mut tree = Tree::default();
        tree.set_rows(
            [row("deep", 5), row("top", 0), row("deeper", 9)]
                .map(Arc::new)
                .into(),
        );
        assert_eq!(shown(&tree), ["deep", "top", "deeper"]);
        tree.set_sort(Some(Sort {
            column: Column::Age,
            descending: true,
        }));
        assert_eq!(tree.len(), 3);
    }
}
