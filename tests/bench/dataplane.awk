# Results of bench-dataplane to tables, and a plot. A line: case, mtu, offload, round,
# traffic, units, lost, wall, cpu (nanoseconds). bases: "CASE=BASE" lines; against: names
# of cases that get a column of ratios; svg: file, or nothing.
BEGIN {
	FS = "\t"
	m = split(bases, list, "\n")
	for (i = 1; i <= m; i++) {
		split(list[i], pair, "=")
		base[pair[1]] = pair[2]
	}
	columns = split(against, column, " ")
}

# The median of list[1..n].
function median(list, n,   i, j, t)
{
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] + 0 < list[j - 1] + 0; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n ? n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 : 0
}

# What a round gave: of "cpu" nanoseconds a unit; bytes a nanosecond of CPU in bulk; of
# "wall" units a second.
function value(key, name, round, what)
{
	if (!((key, name, round) in units))
		return 0
	if (what == "wall")
		return units[key, name, round] / wall[key, name, round] * 1e9
	if (is_bytes(key))
		return units[key, name, round] / cpu[key, name, round]
	return cpu[key, name, round] / units[key, name, round]
}

function middle(key, name, what,   r, n, v, list)
{
	for (r = 0; r < rounds; r++)
		if ((v = value(key, name, r, what)) > 0)
			list[++n] = v
	return median(list, n)
}

# The median of the ratios within the rounds; 0: none.
function ratio(key, name, to, what,   r, n, a, b, list)
{
	for (r = 0; r < rounds; r++) {
		a = value(key, name, r, what)
		b = value(key, to, r, what)
		if (a > 0 && b > 0)
			list[++n] = a / b
	}
	return median(list, n)
}

function is_bytes(traffic)
{
	return traffic ~ /^(bulk|stream)/
}

function cell(v)
{
	return v ? sprintf("%9.2f", v) : sprintf("%9s", "-")
}

{
	key = $5 " " $2 " " $3
	if (!(key in is_key)) {
		is_key[key]
		keys[++n_keys] = key
	}
	if (!($1 in is_case)) {
		is_case[$1]
		names[++n_names] = $1
	}
	if ($4 >= rounds)
		rounds = $4 + 1
	units[key, $1, $4] = $6
	lost[key, $1] += $7
	sent[key, $1] += $6 + $7
	wall[key, $1, $4] = $8
	cpu[key, $1, $4] = $9
}

function table(key,   p, i, c, name, scale, unit, what)
{
	split(key, p, " ")
	unit = p[1] == "connects" ? "connection" : "packet"
	what = "CPU nanoseconds a " unit "; ratios: less is better"
	if (is_bytes(p[1]))
		what = "Gbit in a CPU second; ratios: more is better"
	printf "\n%s, MTU %s, offloads %s: %s\n", p[1], p[2], p[3], what
	printf "%-14s %9s %9s", "case", is_bytes(p[1]) ? "Gbit/cpu" : "ns", "/bridge"
	for (c = 1; c <= columns; c++)
		if (column[c] in is_case)
			printf " %9s", "/" column[c]
	printf " %11s %9s %6s\n", is_bytes(p[1]) ? "Gbit/s" : "a second", "/bridge", "lost"
	for (i = 1; i <= n_names; i++) {
		name = names[i]
		scale = is_bytes(p[1]) ? 8 : 1
		printf "%-14s %9.*f %s", name, scale == 8 ? 2 : 0,
			middle(key, name, "cpu") * scale, cell(ratio(key, name, base[name], "cpu"))
		for (c = 1; c <= columns; c++)
			if (column[c] in is_case)
				printf " %s", cell(ratio(key, name, same(column[c], name), "cpu"))
		printf " %11.*f %s %5.1f%%\n", scale == 8 ? 2 : 0,
			middle(key, name, "wall") * (scale == 8 ? 8e-9 : 1),
			cell(ratio(key, name, base[name], "wall")),
			sent[key, name] ? lost[key, name] * 100 / sent[key, name] : 0
	}
}

# What stands beside a case of IPv6 is of IPv6, too, where there is one.
function same(other, name)
{
	return base[name] == "bridge6" && ((other "6") in is_case) ? other "6" : other
}

END {
	for (k = 1; k <= n_keys; k++)
		table(keys[k])
	if (svg != "")
		plot()
}

# ---- plot: a panel for each table, a bar for each case ----------------------------

function bar(x, y, full, v, name, line,   width)
{
	width = full * (v < line ? v / line : 1)
	printf "<text x='%d' y='%d' text-anchor='end'>%s</text>\n", x - 6, y + 11, name >svg
	printf "<rect x='%d' y='%d' width='%.1f' height='13' fill='%s'/>\n", x, y, width,
		color(name) >svg
	printf "<text x='%.1f' y='%d'>%.2f</text>\n", x + 4 + width, y + 11, v >svg
}

function color(name)
{
	if (name ~ /^(ebpf|kernel-)/)
		return "#1b7837"
	if (name ~ /^ila/)
		return "#5aae61"
	if (name ~ /^(ipt|nft)/)
		return "#b35806"
	return name ~ /^bridge/ ? "#666" : "#aaa"
}

function plot(   k, i, p, x, y, v, line, what)
{
	printf "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'",
		20 + 400 * (n_keys < 3 ? n_keys : 3),
		30 + int((n_keys + 2) / 3) * (n_names * 17 + 50) >svg
	print " font-family='sans-serif' font-size='11'>" >svg
	print "<rect width='100%' height='100%' fill='white'/>" >svg
	for (k = 1; k <= n_keys; k++) {
		split(keys[k], p, " ")
		x = 100 + (k - 1) % 3 * 400
		y = 20 + int((k - 1) / 3) * (n_names * 17 + 50)
		line = is_bytes(p[1]) ? 2.5 : 4
		printf "<text x='%d' y='%d' font-weight='bold'>%s, MTU %s, offloads %s</text>\n",
			x - 80, y, p[1], p[2], p[3] >svg
		what = is_bytes(p[1]) ? "bytes per CPU second" : "CPU per unit"
		printf "<text x='%d' y='%d' fill='#555'>%s, bridge + VXLAN = 1</text>\n",
			x - 80, y + 13, what >svg
		for (i = 1; i <= n_names; i++) {
			v = ratio(keys[k], names[i], base[names[i]], "cpu")
			bar(x, y + 4 + i * 17, 230, v, names[i], line)
		}
		printf "<path d='M%.1f %dV%d' stroke='#000' stroke-dasharray='3'/>\n",
			x + 230 / line, y + 18, y + 20 + n_names * 17 >svg
	}
	print "</svg>" >svg
}
