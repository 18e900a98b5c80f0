use ndarray::array;

use super::*;
use crate::random::SplitMix64;

fn close(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not {b}");
}

/// Answers whose strata are the mapped classes, from their matrix.
fn of_matrix<const N: usize>(counts: &[[u64; N]; N]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (i, row) in counts.iter().enumerate() {
        for (j, &n) in row.iter().enumerate() {
            let (stratum, mapped, truth) = (i as u32, i as u16 + 1, j as u16 + 1);
            answers.extend((0..n).map(|_| Answer { stratum, mapped, truth }));
        }
    }
    answers
}

#[test]
fn the_worked_example_of_olofsson_2014_comes_out() {
    // Table 8 of the paper: deforestation, forest gain, stable forest, stable non-forest; mapped
    // areas in pixels of 30 m.
    let counts = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]];
    let areas = [200_000, 150_000, 3_200_000, 6_450_000];
    let answers = of_matrix(&counts);
    assert_eq!(answers.len(), 640);
    let found = Stratified::new(&areas, &answers).unwrap().assess();
    assert_eq!(found.counts, Array2::from(counts.to_vec()));
    // Table 9: estimated shares of area.
    let shares = found.shares.mapv(|share| (share * 1e4).round() as i32);
    let expected =
        array![[176, 0, 13, 11], [0, 110, 16, 24], [19, 0, 2967, 213], [40, 20, 179, 6212]];
    assert_eq!(shares, expected);
    let pixels = areas.iter().sum::<i128>() as f64;
    let loss = found.by_class[0].share;
    close(loss.value * pixels, 235_086.0, 0.5);
    close(Z_95 * loss.error * pixels, 68_418.0, 10.0);
    let rounded = |e: Estimate| [e.value, Z_95 * e.error].map(|v| (v * 100.0).round() as i32);
    assert_eq!(rounded(found.overall), [95, 2]);
    let users: Vec<_> = found.by_class.iter().map(|c| rounded(c.users.unwrap())).collect();
    assert_eq!(users, [[88, 7], [73, 10], [93, 4], [96, 2]]);
    let producers: Vec<_> = found.by_class.iter().map(|c| rounded(c.producers.unwrap())).collect();
    // Equation 7 by hand for forest gain: truth 0.015 * 55/75 + 0.645 * 1/325 = 0.0129846,
    // standard error 0.1298, half of the interval 0.254.
    assert_eq!(producers, [[75, 21], [85, 25], [93, 3], [96, 2]]);
}

#[test]
fn the_worked_example_of_stehman_2014_comes_out_where_strata_are_not_the_classes() {
    let strata = [10; 4].iter().zip(0_u32..).flat_map(|(&n, s)| std::iter::repeat_n(s, n));
    let mapped = "AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD";
    let truth = "AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB";
    let answers: Vec<Answer> = strata
        .zip(mapped.bytes().zip(truth.bytes()))
        .map(|(stratum, (m, t))| Answer { stratum, mapped: m.into(), truth: t.into() })
        .collect();
    let areas = [40_000, 30_000, 20_000, 10_000];
    let found = Stratified::new(&areas, &answers).unwrap().assess();
    // The paper corrects for finite populations of 10,000 to 40,000 places, within 0.0002.
    let is = |found: Estimate, value: f64, error: f64| {
        close(found.value, value, 5e-4);
        close(found.error, error, 7e-4);
    };
    is(found.overall, 0.63, 0.085);
    let [a, b, c, d] = [0, 1, 2, 3].map(|k: usize| found.by_class[k]);
    is(a.users.unwrap(), 0.742, 0.165);
    is(b.users.unwrap(), 0.574, 0.125);
    is(c.users.unwrap(), 0.5, 0.215);
    is(d.users.unwrap(), 0.7, 0.153);
    is(a.producers.unwrap(), 0.657, 0.148);
    is(b.producers.unwrap(), 0.794, 0.117);
    is(c.producers.unwrap(), 0.3, 0.150);
    is(d.producers.unwrap(), 0.636, 0.162);
    is(a.share, 0.35, 0.082);
    is(b.share, 0.34, 0.076);
    is(c.share, 0.20, 0.064);
    is(d.share, 0.11, 0.031);
}

#[test]
fn with_one_stratum_the_figures_are_those_of_a_simple_sample() {
    let answers = of_matrix(&[[40, 10], [5, 45]]);
    let answers: Vec<Answer> = answers.into_iter().map(|a| Answer { stratum: 0, ..a }).collect();
    let found = Stratified::new(&[7], &answers).unwrap().assess();
    close(found.overall.value, 0.85, 1e-12);
    close(found.overall.error, (0.85 * 0.15 / 99.0_f64).sqrt(), 1e-12);
    close(found.by_class[0].f1.value, 80.0 / 95.0, 1e-12);
    let (users, producers) = (0.8, 40.0 / 45.0);
    close(found.by_class[0].f1.value, 2.0 * users * producers / (users + producers), 1e-12);
    assert!(found.overall.low < 0.85 && 0.85 < found.overall.high);
}

#[test]
fn an_interval_stays_within_0_and_1_and_is_never_a_point_for_want_of_errors() {
    let answers = of_matrix(&[[50, 0], [0, 50]]);
    let ground = [1, 99];
    let found = Stratified::new(&ground, &answers).unwrap().assess();
    let users = found.by_class[0].users.unwrap();
    close(users.value, 1.0, 1e-12);
    close(users.error, 0.0, 1e-12);
    close(users.high, 1.0, 1e-12);
    // 50 of 50 by Wilson.
    close(users.low, 0.9287, 1e-4);
    assert!(found.overall.low < 0.95 && found.overall.low > 0.9, "{:?}", found.overall);
    let share = found.by_class[0].share;
    close(share.value, 0.01, 1e-12);
    assert!(share.low < 0.01 && share.high > 0.01 && share.high < 0.09, "{share:?}");
}

#[test]
fn objects_of_their_own_strata_leave_only_the_doubt_within_each() {
    let answer = |stratum, truth| Answer { stratum, mapped: 1, truth };
    let mut answers: Vec<Answer> = (0..10).map(|_| answer(0, 1)).collect();
    answers.extend((0..10).map(|i| answer(1, if i < 5 { 1 } else { 2 })));
    let found = Stratified::new(&[75, 25], &answers).unwrap().assess();
    close(found.overall.value, 0.875, 1e-12);
    close(found.overall.error, 0.25 * (0.25 / 9.0_f64).sqrt(), 1e-12);
    // Drawn from both together, the same answers would leave more.
    let mixed: Vec<Answer> = answers.iter().map(|a| Answer { stratum: 0, ..*a }).collect();
    let alone = Stratified::new(&[100], &mixed).unwrap().assess();
    assert!(alone.overall.error > 2.0 * found.overall.error, "{:?}", alone.overall);
}

#[test]
fn answers_that_allow_no_estimate_are_refused() {
    let answers = of_matrix(&[[2, 0], [0, 1]]);
    let error = Stratified::new(&[5, 5], &answers).unwrap_err();
    assert_eq!(error.to_string(), "stratum 1 has 1 answers, at least 2 are needed");
    let error = Stratified::new(&[5], &answers).unwrap_err();
    assert_eq!(error.to_string(), "an answer is of stratum 1, there are 1");
    let error = Stratified::new(&[5, 0], &answers).unwrap_err();
    assert_eq!(error.to_string(), "stratum 1 has the doubled area 0");
}

/// Shares of (mapped, truth) in a stratum.
type Cells = &'static [((u16, u16), f64)];

/// A ground of three strata, of which the map's third class is spread over two.
const WORLD: [(i128, Cells); 3] = [
    (5, &[((1, 1), 0.90), ((1, 2), 0.06), ((1, 3), 0.04)]),
    (25, &[((2, 2), 0.75), ((3, 3), 0.15), ((2, 3), 0.10)]),
    (70, &[((3, 3), 0.92), ((3, 2), 0.05), ((2, 2), 0.01), ((3, 1), 0.02)]),
];

fn truth_of(holds: impl Fn((u16, u16)) -> bool) -> f64 {
    let in_stratum = |cells: &[((u16, u16), f64)]| -> f64 {
        cells.iter().filter(|(pair, _)| holds(*pair)).map(|(_, share)| share).sum()
    };
    WORLD.iter().map(|(area, cells)| *area as f64 / 100.0 * in_stratum(cells)).sum()
}

fn draw(stream: &mut SplitMix64, sizes: [usize; 3]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (stratum, (n, (_, cells))) in (0_u32..).zip(sizes.into_iter().zip(WORLD)) {
        for _ in 0..n {
            let mut at = stream.unit();
            let pair = cells.iter().find(|(_, share)| {
                at -= share;
                at < 0.0
            });
            let (mapped, truth) = pair.unwrap_or(&cells[0]).0;
            answers.push(Answer { stratum, mapped, truth });
        }
    }
    answers
}

#[test]
fn over_many_samples_estimates_are_unbiased_and_intervals_hold_the_truth() {
    const RUNS: u32 = 1_500;
    let overall = truth_of(|(m, t)| m == t);
    let users_3 = truth_of(|(m, t)| m == 3 && t == 3) / truth_of(|(m, _)| m == 3);
    let producers_2 = truth_of(|(m, t)| m == 2 && t == 2) / truth_of(|(_, t)| t == 2);
    let share_1 = truth_of(|(_, t)| t == 1);
    let f1_2 = 2.0 * truth_of(|(m, t)| m == 2 && t == 2)
        / (truth_of(|(m, _)| m == 2) + truth_of(|(_, t)| t == 2));
    let truths = [overall, users_3, producers_2, share_1, f1_2];
    let (mut sums, mut squares, mut errors) = ([0.0; 5], [0.0; 5], [0.0; 5]);
    let mut held = [0_u32; 5];
    let areas = WORLD.map(|(area, _)| area);
    let mut stream = SplitMix64::new(20_140_148);
    for _ in 0..RUNS {
        let answers = draw(&mut stream, [75, 120, 250]);
        let found = Stratified::new(&areas, &answers).unwrap().assess();
        let [one, two, three] = [0, 1, 2].map(|k: usize| found.by_class[k]);
        let estimates =
            [found.overall, three.users.unwrap(), two.producers.unwrap(), one.share, two.f1];
        for (k, estimate) in estimates.into_iter().enumerate() {
            sums[k] += estimate.value;
            squares[k] += (estimate.value - truths[k]).powi(2);
            errors[k] += estimate.error.powi(2);
            held[k] += u32::from((estimate.low..=estimate.high).contains(&truths[k]));
        }
    }
    let runs = f64::from(RUNS);
    for k in 0..5 {
        let spread = (squares[k] / runs).sqrt();
        // Four standard errors of the mean; a ratio may be off by its bias of order 1/n.
        close(sums[k] / runs, truths[k], 4.0 * spread / runs.sqrt() + 0.001);
        close((errors[k] / runs).sqrt() / spread, 1.0, 0.08);
        // The share of the rarest class rests on the five errors expected in the largest stratum.
        let least = if k == 3 { 0.90 } else { 0.93 };
        let coverage = f64::from(held[k]) / runs;
        assert!((least..=0.985).contains(&coverage), "figure {k}: {coverage}");
    }
}
