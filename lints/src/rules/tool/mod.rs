//! Rules about the run itself: the driver finds these, here is what they are.

pub mod syntax_error;
pub mod unused_suppression;
