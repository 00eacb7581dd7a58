//! What a lock is called all over the program: a static, or a field of a type.

use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::VarKind;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// `Cache.entries`, seen from the root that the flow reaches it by. Two objects of one type have locks of one name.
pub(super) fn from_root(cx: &BodyContext<'_>, view: &FlowView<'_>, lock: &Identity) -> Option<String> {
    let path = lock.path.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(".");
    let root = match lock.root {
        Root::Static(name) => name.to_string(),
        root => object_name(cx, root_type(view, root)?)?,
    };
    Some(format!("{root}.{path}"))
}

/// The same, seen from the type of the program that is nearest to the lock: whichever way a flow comes to it.
pub(super) fn from_owner(cx: &BodyContext<'_>, view: &FlowView<'_>, lock: &Identity) -> Option<String> {
    let Some((field, way)) = lock.path.split_last() else {
        return match lock.root {
            Root::Static(name) => Some(name.to_string()),
            _ => None,
        };
    };
    let mut ty = match lock.root {
        Root::Static(_) => return from_root(cx, view, lock),
        root => root_type(view, root)?,
    };
    for name in way {
        ty = cx.program().field_type(cx.catalogue(), &ty, *name)?;
    }
    Some(format!("{}.{field}", object_name(cx, ty)?))
}

/// The type of the program behind references and shared pointers.
pub(super) fn object_name(cx: &BodyContext<'_>, mut ty: Ty) -> Option<String> {
    for _ in 0..6 {
        if let Some(path) = ty.path()
            && cx.program().types.contains_key(&path)
        {
            return Some(path.to_string());
        }
        ty = cx.program().deref(cx.catalogue(), &ty)?;
    }
    None
}

/// The type of an object that others can reach too: a parameter or a captured variable.
pub(super) fn root_type(view: &FlowView<'_>, root: Root) -> Option<Ty> {
    match root {
        Root::Param(index) => Some(view.mir.var(*view.mir.params.get(index as usize)?).ty.clone()),
        Root::Local(local) => {
            let decl = view.mir.vars.iter().find(|v| v.kind == VarKind::Capture(local))?;
            Some(decl.ty.clone())
        }
        Root::Temp(_) | Root::Static(_) => None,
    }
}
