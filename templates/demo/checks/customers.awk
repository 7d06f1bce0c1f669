# The rules of the customers table. Prints each broken rule with its line, and answers the hook's
# caller in JSON lines: an annotation for each, then a summary.

BEGIN {
    FS = ","
    header = "customer_id,age,plan,tenure_months,monthly_spend,support_calls,churned,snapshot_date"
    fields = split(header, names, ",")
    shown_at_most = 10
}

{ sub(/\r$/, "") }

NR == 1 {
    if ($0 != header) fail("the header is not `" header "`")
    next
}

NF != fields { fail("has " NF " fields, not " fields); next }

{
    if ($1 !~ /^C[0-9][0-9][0-9][0-9][0-9]$/) fail("customer_id `" $1 "` is not C and five digits")
    else if ($1 in first) fail("customer_id " $1 " was on line " first[$1] " already")
    else first[$1] = NR
    within("age", $2, 18, 100)
    if ($3 != "basic" && $3 != "plus" && $3 != "pro") fail("plan `" $3 "` is not basic, plus or pro")
    within("tenure_months", $4, 0, 600)
    within("monthly_spend", $5, 0, 500)
    within("support_calls", $6, 0, 100)
    if ($7 != "0" && $7 != "1") fail("churned `" $7 "` is not 0 or 1")
    if ($8 !~ /^20[0-9][0-9]-[01][0-9]-[0-3][0-9]$/) fail("snapshot_date `" $8 "` is not a date")
}

END {
    rows = NR > 0 ? NR - 1 : 0
    if (rows < 100) fail("only " rows " rows, at least 100 are expected")
    if (failures > shown_at_most) print "and " failures - shown_at_most " more"
    told = failures == 0 ? rows " rows are fine" : failures " faults in " rows " rows"
    print told
    print "{\"summary\":" quoted(told) "}" >> answers
    exit failures > 0
}

function within(name, value, low, high) {
    if (value !~ /^-?[0-9]+(\.[0-9]+)?$/) fail(name " `" value "` is not a number")
    else if (value + 0 < low || value + 0 > high) fail(name " " value " is not within " low " and " high)
}

function fail(message) {
    failures++
    if (failures <= shown_at_most) print file ":" NR ": " message
    print "{\"annotation\":{\"level\":\"fail\",\"path\":" quoted(file) ",\"row\":" NR - 2 \
        ",\"message\":" quoted(message) "}}" >> answers
}

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    gsub(/[[:cntrl:]]/, " ", text)
    return "\"" text "\""
}
