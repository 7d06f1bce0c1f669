# Reads scores in rising order with their labels; equal scores share their ranks.

{
    if (NR > 1 && $1 != score) settle()
    score = $1
    if ($2 == 1) positive++
    else negative++
}

END {
    settle()
    if (positives == 0 || negatives == 0) {
        print "one class only: no ranking to measure" > "/dev/stderr"
        exit 1
    }
    printf "%.4f\n", above / (positives * negatives)
}

function settle() {
    above += positive * (negatives + negative / 2)
    positives += positive
    negatives += negative
    positive = negative = 0
}
