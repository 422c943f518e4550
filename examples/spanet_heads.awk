# Truth of heads for examples/spanet_heads.ini, from the jets with targets of top pairs: the mass of all six and whether
# they are there, mass and pT of the first top, pT of its b.
#   awk -f examples/spanet_heads.awk ttbar.csv > heads.csv        columns event,pt,eta,phi,m,btag,target
BEGIN { FS = OFS = "," }
NR == 1 { print $0, "EVENT/m_tt", "EVENT/complete", "t1/PARTICLE/m", "t1/PARTICLE/pt", "t1/b/pt"; next }
function mass(e, x, y, z) { return e * e > x * x + y * y + z * z ? sqrt(e * e - x * x - y * y - z * z) : 0 }
function flush(   k, both, whole) {
    both = jets[1] == 3 && jets[2] == 3 ? mass(e[1] + e[2], x[1] + x[2], y[1] + y[2], z[1] + z[2]) : ""
    whole = jets[1] == 3 ? mass(e[1], x[1], y[1], z[1]) OFS sqrt(x[1] * x[1] + y[1] * y[1]) : OFS
    for (k = 1; k <= rows; k++) print line[k], both, both != "", whole, b
    rows = 0
    b = ""
    split("", jets); split("", e); split("", x); split("", y); split("", z)
}
$1 != event { flush(); event = $1 }
{ line[++rows] = $0 }
$7 ~ /^t[12]\// {
    top = substr($7, 2, 1)
    jets[top]++
    pz = $2 * (exp($3) - exp(-$3)) / 2
    e[top] += sqrt($5 * $5 + $2 * $2 + pz * pz)
    x[top] += $2 * cos($4); y[top] += $2 * sin($4); z[top] += pz
    if ($7 == "t1/b") b = $2
}
END { flush() }
