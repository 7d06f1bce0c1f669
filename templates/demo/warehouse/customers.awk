# Made-up customers from a generator with a fixed seed. A customer is the same person every month, one
# month longer with us; 40 new ones come each month. `fault=broken` is a month that went wrong upstream.

function random() { # Lehmer's generator: exact in doubles, so every awk draws the same numbers
    state = (state * 16807) % 2147483647
    return state / 2147483647
}

function normal() {
    return random() + random() + random() + random() - 2
}

BEGIN {
    state = 20260131
    months = (substr(month, 1, 4) - 2026) * 12 + substr(month, 6, 2) - 1
    print "customer_id,age,plan,tenure_months,monthly_spend,support_calls,churned,snapshot_date"
    for (n = 1; n <= 1000 + 40 * months; n++) customer(n)
}

function customer(n,    age, pick, plan, tenure, spend, calls, risk, churned, id) {
    age = int(42 + 24 * normal())
    if (age < 18) age = 18
    if (age > 90) age = 90
    pick = random()
    plan = pick < 0.5 ? "basic" : (pick < 0.8 ? "plus" : "pro")
    tenure = int(60 * random() * random()) + months
    spend = (plan == "basic" ? 12 : (plan == "plus" ? 29 : 59)) + 6 * normal()
    calls = int(6 * random() * random())
    risk = -1.1 - 0.05 * tenure + 0.85 * calls + (plan == "basic" ? 0.8 : 0) - 0.015 * (age - 42)
    churned = random() < 1 / (1 + exp(-risk)) ? 1 : 0
    id = sprintf("C%05d", 10000 + n)
    if (fault == "broken") {
        if (n % 331 == 13) age = age * 10    # a slip at the keyboard
        if (n % 389 == 40) id = sprintf("C%05d", 10000 + n - 1) # exported twice
        if (n % 457 == 99) spend = -spend    # refunds booked as spend
        if (n == 700) plan = "premium"       # a plan nobody was told of
    }
    printf "%s,%d,%s,%d,%.2f,%d,%d,%s-01\n", id, age, plan, tenure, spend, calls, churned, month
}
