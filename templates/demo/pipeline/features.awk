# What a model may look at, each brought to about the same scale.

function feature(name) {
    if (name == "age") return ($2 - 42) / 14
    if (name == "basic_plan") return $3 == "basic" ? 1 : 0
    if (name == "tenure_months") return ($4 - 15) / 14
    if (name == "monthly_spend") return ($5 - 27) / 18
    if (name == "support_calls") return ($6 - 1.3) / 1.4
    print "no feature `" name "`" > "/dev/stderr"
    exit 1
}

function is_held_out() { return substr($1, 2) % 5 == 0 }

function sigmoid(z) { return z < -30 ? 0 : (z > 30 ? 1 : 1 / (1 + exp(-z))) }
