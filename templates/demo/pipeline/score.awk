# Reads a model, then customers; prints score and label of each held-out one.

BEGIN { FS = "\t" }

FNR == NR {
    if ($1 == "bias") bias = $2
    else {
        names[++count] = $1
        weight[count] = $2
    }
    next
}

FNR == 1 { # the header of the table; commas count from the next line on
    FS = ","
    next
}

is_held_out() {
    z = bias
    for (i = 1; i <= count; i++) z += weight[i] * feature(names[i])
    printf "%.6f %d\n", sigmoid(z), $7
}
