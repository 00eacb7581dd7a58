//! Functions in the order of the call graph: those that are called come first, and those that call each other come
//! together.

/// What has not been seen yet.
const UNSEEN: u32 = u32::MAX;

/// Groups of functions that call each other, called ones before their callers (Tarjan's algorithm, without recursion).
/// Members of a group are in order.
pub(super) fn groups(calls: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut search = Search {
        number: vec![UNSEEN; calls.len()],
        lowest: vec![0; calls.len()],
        is_open: vec![false; calls.len()],
        open: Vec::new(),
        groups: Vec::new(),
        next: 0,
    };
    for start in 0..calls.len() as u32 {
        if search.number[start as usize] == UNSEEN {
            search.from(start, calls);
        }
    }
    search.groups
}

struct Search {
    number: Vec<u32>,
    lowest: Vec<u32>,
    is_open: Vec<bool>,
    open: Vec<u32>,
    groups: Vec<Vec<u32>>,
    next: u32,
}

impl Search {
    fn from(&mut self, start: u32, calls: &[Vec<u32>]) {
        // A function, and which of its calls comes next.
        let mut way = vec![(start, 0_usize)];
        self.enter(start);
        while let Some((at, call)) = way.last_mut() {
            let node = *at as usize;
            if let Some(callee) = calls[node].get(*call).copied() {
                *call += 1;
                let there = callee as usize;
                if self.number[there] == UNSEEN {
                    self.enter(callee);
                    way.push((callee, 0));
                } else if self.is_open[there] {
                    self.lowest[node] = self.lowest[node].min(self.number[there]);
                }
                continue;
            }
            let at = *at;
            way.pop();
            if let Some((caller, _)) = way.last() {
                let caller = *caller as usize;
                self.lowest[caller] = self.lowest[caller].min(self.lowest[node]);
            }
            if self.lowest[node] == self.number[node] {
                self.close(at);
            }
        }
    }

    fn enter(&mut self, node: u32) {
        self.number[node as usize] = self.next;
        self.lowest[node as usize] = self.next;
        self.next += 1;
        self.is_open[node as usize] = true;
        self.open.push(node);
    }

    fn close(&mut self, first: u32) {
        let mut group = Vec::new();
        while let Some(node) = self.open.pop() {
            self.is_open[node as usize] = false;
            group.push(node);
            if node == first {
                break;
            }
        }
        group.sort_unstable();
        self.groups.push(group);
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn callees_come_first_and_circles_together() {
        // 0 → 1 → 2 → 1, 3 → 0, 4 → 4, and 2 → 5.
        let calls = vec![vec![1], vec![2], vec![1, 5], vec![0], vec![4], vec![]];
        assert_eq!(groups(&calls), [vec![5], vec![1, 2], vec![0], vec![3], vec![4]]);
    }
}
