//! The projects that `mlv init --template` begins with: what their READMEs tell to type works.

use crate::common::TestEnvironment;

const TEMPLATES: [&str; 2] = ["image-classification", "tabular-classification"];

/// Returns a directory with the files of a template, in a repository.
fn begun(template: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init", "--template", template]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env
}

/// Runs a line of shell; returns its exit code and what it said.
fn shell(env: &TestEnvironment, line: &str) -> (i32, String) {
    let output = env.shell().args(["-c", &format!("exec 2>&1; {line}")]).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn passes(env: &TestEnvironment, line: &str) -> String {
    let (code, told) = shell(env, line);
    assert_eq!(code, 0, "{line}:\n{told}");
    told
}

/// Returns the commands of a document: what is indented by four.
fn commands(document: &str) -> Vec<&str> {
    document.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

#[test]
fn every_template_is_listed() {
    assert_eq!(mlv::ops::init::templates(), TEMPLATES);
}

#[test]
fn the_commands_of_the_readme_of_scratched_parts_work() {
    play_readme("image-classification", 18);
}

#[test]
fn the_commands_of_the_readme_of_churn_work() {
    play_readme("tabular-classification", 30);
}

/// Plays a README in its order; what it says is refused must be refused by a hook.
#[track_caller]
fn play_readme(template: &str, count: usize) {
    let env = begun(template);
    let readme = String::from_utf8(env.read("README.md")).unwrap();
    let commands = commands(&readme);
    assert_eq!(commands.len(), count);
    for line in commands {
        let (code, told) = shell(&env, line);
        let expected = if line.contains("# is refused") { 3 } else { 0 };
        assert_eq!(code, expected, "{line}:\n{told}");
    }
}

#[test]
fn the_warehouse_gives_the_same_customers_everywhere() {
    let env = begun("tabular-classification");
    passes(&env, "python3 warehouse/generate.py --month 2026-01");
    passes(
        &env,
        "python3 warehouse/generate.py --month 2026-01 --drift --flaw all --out drift.csv",
    );
    let digest = |path: &str| blake3::hash(&env.read(path)).to_hex()[..16].to_owned();
    insta::assert_snapshot!(digest("data/raw/2026-01.csv"), @"92baf290a3a33143");
    insta::assert_snapshot!(digest("drift.csv"), @"24a7bb8572361d61");
}

#[test]
fn the_camera_gives_the_same_pictures_everywhere() {
    let env = begun("image-classification");
    passes(&env, "python3 warehouse/camera.py --day 2026-01-05 --parts 100");
    // How well they are compressed may differ; what is in them may not.
    let pixels = "import sys, glob, hashlib; sys.path.insert(0, 'pipeline'); import png\n\
                  images = [png.read(path) for path in sorted(glob.glob('data/images/*.png'))]\n\
                  print(hashlib.sha256(repr(images).encode()).hexdigest()[:16])";
    insta::assert_snapshot!(passes(&env, &format!("python3 -c \"{pixels}\"")), @"1970f0fd85d60f8f");
}

#[test]
fn serving_that_prepares_data_otherwise_than_training_fails_the_smoke_test() {
    for (template, generate, steps, skew) in [
        (
            "tabular-classification",
            "warehouse/generate.py --month 2026-01 --rows 1000",
            "split features train evaluate",
            "s/customer.get(\"tenure_months\")/customer.get(\"tenure\")/",
        ),
        (
            "image-classification",
            "warehouse/camera.py --day 2026-01-05 --parts 100",
            "features train evaluate",
            "s/DARK = 16/DARK = 17/",
        ),
    ] {
        let env = begun(template);
        let train = format!("for step in {steps}; do python3 pipeline/$step.py || exit; done");
        passes(&env, &format!("python3 {generate} && {{ {train}; }}"));
        assert!(passes(&env, "python3 pipeline/smoke.py").contains("are served as expected"));
        passes(&env, &format!("sed -i.old '{skew}' pipeline/transform.py"));
        let (code, told) = shell(&env, "python3 pipeline/smoke.py");
        assert!(code == 1 && told.contains(" is served 0."), "{template}: {told}");
    }
}

#[test]
fn pictures_of_other_programs_are_read_and_damaged_ones_told() {
    let env = begun("image-classification");
    // Every filter of PNG, as other programs choose them line by line.
    let script = "import sys, struct, zlib; sys.path.insert(0, 'pipeline'); import png\n\
                  image = [[(x * x + 7 * y) % 256 for x in range(9)] for y in range(5)]\n\
                  above, lines = [0] * 9, b''\n\
                  for kind, row in enumerate(image):\n\
                  \x20   corner = lambda at: above[at - 1] if at else 0\n\
                  \x20   left = lambda at: row[at - 1] if at else 0\n\
                  \x20   guess = [lambda at: 0, left, lambda at: above[at],\n\
                  \x20            lambda at: (left(at) + above[at]) // 2,\n\
                  \x20            lambda at: png.nearest(left(at), above[at], corner(at))][kind]\n\
                  \x20   lines += bytes([kind] + [(v - guess(at)) % 256 for at, v in enumerate(row)])\n\
                  \x20   above = row\n\
                  head = struct.pack('>IIBBBBB', 9, 5, 8, 0, 0, 0, 0)\n\
                  file = png.SIGNATURE + png.chunk(b'IHDR', head)\n\
                  file += png.chunk(b'IDAT', zlib.compress(lines)) + png.chunk(b'IEND', b'')\n\
                  assert png.decode(file) == image\n\
                  for end in range(len(file)):\n\
                  \x20   try: png.decode(file[:end])\n\
                  \x20   except ValueError: continue\n\
                  \x20   except struct.error: continue\n\
                  \x20   raise SystemExit(f'{end} bytes of it are read')\n";
    env.write("try.py", script);
    passes(&env, "python3 try.py");
    env.write("data/a.png", "\u{89}PNG but not much of one");
    let read = "import sys; sys.path.insert(0, 'pipeline'); import png; png.read('data/a.png')";
    let (code, told) = shell(&env, &format!("python3 -c \"{read}\""));
    assert!(code == 1 && told == "data/a.png: is no PNG file\n", "{told}");
}

#[test]
fn parameters_that_mean_nothing_are_told() {
    let env = begun("tabular-classification");
    passes(&env, "python3 warehouse/generate.py --month 2026-01 --rows 1000");
    passes(&env, "python3 pipeline/split.py && python3 pipeline/features.py");
    env.write("params.yaml", "features: [age, shoe_size]\nridge: 1.0\nshuffle_labels: false\n");
    let (code, told) = shell(&env, "python3 pipeline/train.py");
    assert!(
        code == 1 && told.starts_with("no features are made of `shoe_size`; known: age"),
        "{told}"
    );
    env.write("params.yaml", "features\n");
    let (_, told) = shell(&env, "python3 pipeline/train.py");
    assert_eq!(told, "params.yaml:1: `features` is not `name: value`\n");
    let (code, told) = shell(&env, "python3 warehouse/generate.py --month 2026-13");
    assert!(code == 2 && told.contains("there is no month 13"), "{told}");
}
