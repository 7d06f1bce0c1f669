use proptest::prelude::*;

use super::*;
use crate::ops::metrics::Chart;

fn chart(points: Vec<(f64, f64)>) -> Chart {
    let line = Line { name: "a<b & \"c\"".to_owned(), points };
    Chart { title: "m/<x>.json".to_owned(), axis: "step".to_owned(), lines: vec![line] }
}

#[test]
fn a_line_that_rises_is_drawn_rising() {
    let points = (0..24).map(|x| (f64::from(x), f64::from(x) / 4.0)).collect();
    insta::assert_snapshot!(terminal(&chart(points)).join("\n"), @r#"
    a<b & "c"  5.75
    5.75 │⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
         │⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
         │⠀⠀⠀⠀⠀⠀⡠⠊
         │⠀⠀⠀⠀⡠⠊
         │⠀⠀⡠⠊
       0 │⡠⠊
         └ step 0 to 23
    "#);
}

#[test]
fn a_page_holds_its_drawing_and_asks_for_nothing_from_elsewhere() {
    let page = html(&chart(vec![(0.0, 1.0), (1.0, 3.5)])).unwrap();
    assert!(page.contains("<h1>m/&lt;x&gt;.json</h1>") && page.contains("<polyline"));
    assert!(page.contains("<td>a&lt;b &amp; &quot;c&quot;</td><td>1</td><td>3.5</td>"));
    assert!(!page.contains("a<b") && !page.contains("<script") && !page.contains("src="));
    let links = page.matches("http").count();
    assert_eq!(links, page.matches("http://www.w3.org/2000/svg").count());
}

proptest! {
    #[test]
    fn any_numbers_can_be_drawn(
        points in proptest::collection::vec((-1e300..1e300, -1e300..1e300), 0..30)
    ) {
        let chart = chart(points);
        prop_assert!(terminal(&chart).len() > 2);
        prop_assert!(svg(&chart).is_ok());
    }
}
