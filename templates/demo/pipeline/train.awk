# Gradient descent over all training rows; prints a weight a line.

BEGIN {
    FS = ","
    count = split(features, names, " ")
}

FNR > 1 && !is_held_out() {
    rows++
    label[rows] = $7
    for (i = 1; i <= count; i++) value[rows, i] = feature(names[i])
}

END {
    if (rows == 0) {
        print "no rows to train on" > "/dev/stderr"
        exit 1
    }
    for (epoch = 0; epoch < epochs; epoch++) step()
    printf "bias\t%.4f\n", weight[0]
    for (i = 1; i <= count; i++) printf "%s\t%.4f\n", names[i], weight[i]
}

function step(    row, i, z, error, gradient) {
    for (row = 1; row <= rows; row++) {
        z = weight[0]
        for (i = 1; i <= count; i++) z += weight[i] * value[row, i]
        error = label[row] - sigmoid(z)
        gradient[0] += error
        for (i = 1; i <= count; i++) gradient[i] += error * value[row, i]
    }
    for (i = 0; i <= count; i++) weight[i] += rate * gradient[i] / rows
}
