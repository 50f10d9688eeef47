//! Lists the public fields of the structs of crates: `public_fields TYPES_MAX DIRECTORY…`.
//!
//! One line for each crate, and below it one for each struct: `  Name: field field`. A field
//! that is a number has `#` behind it, one that is a boolean `?`. Of a crate with more
//! than TYPES_MAX structs that many are taken, spread evenly over their names.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use syn::visit::{self, Visit};
use syn::{Fields, GenericArgument, ItemMod, ItemStruct, PathArguments, Type, Visibility};

const NUMBERS: &[&str] = &[
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

fn main() {
    let mut arguments = env::args().skip(1);
    let types_max = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX);
    for directory in arguments {
        let mut structs = Structs::default();
        read(&Path::new(&directory).join("src"), &mut structs);
        let name = Path::new(&directory).file_name().unwrap_or_default().to_string_lossy();
        print(&name, &structs.0, types_max);
    }
}

#[expect(clippy::print_stdout, reason = "the list is what this program is for")]
fn print(name: &str, structs: &BTreeMap<String, String>, types_max: usize) {
    if structs.is_empty() || types_max == 0 {
        return;
    }
    println!("{name}");
    let taken = structs.len().min(types_max);
    for at in 0..taken {
        if let Some((name, fields)) = structs.iter().nth(at * structs.len() / taken) {
            println!("  {name}:{fields}");
        }
    }
}

/// Reads every file below a directory; what is no Rust of this day is passed over.
fn read(directory: &Path, structs: &mut Structs) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, structs);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if let Ok(file) = syn::parse_file(&text) {
                structs.visit_file(&file);
            }
        }
    }
}

/// The fields of each struct by the struct's name.
#[derive(Default)]
struct Structs(BTreeMap<String, String>);

impl<'ast> Visit<'ast> for Structs {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let Fields::Named(fields) = &item.fields else { return };
        let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
        let public = fields.named.iter().filter(|field| is_public(&field.vis));
        let told = public
            .filter_map(|field| Some(format!(" {}{}", field.ident.as_ref()?, mark(&field.ty))));
        let told: String = told.collect();
        if is_public(&item.vis) && !told.is_empty() {
            self.0.insert(item.ident.to_string(), told);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.ident != "tests" && module.ident != "test" {
            visit::visit_item_mod(self, module);
        }
    }
}

/// `#` for a number and `?` for a boolean, also in an `Option`.
fn mark(ty: &Type) -> &'static str {
    let Type::Path(path) = ty else { return "" };
    let Some(last) = path.path.segments.last() else { return "" };
    match &last.arguments {
        PathArguments::None if last.ident == "bool" => "?",
        PathArguments::None if NUMBERS.iter().any(|number| last.ident == number) => "#",
        PathArguments::AngleBracketed(list) if last.ident == "Option" => match list.args.first() {
            Some(GenericArgument::Type(inner)) => mark(inner),
            _ => "",
        },
        _ => "",
    }
}
