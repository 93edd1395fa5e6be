use strict;
my ($mode, @numbers) = split ' ', <STDIN>;

sub crash {
    die "gone";
}

print $numbers[0] + $numbers[1], "\n" if $mode eq 'sum';
crash() if $mode eq 'crash';
if ($mode eq 'loop') { 1 while 1; }
if ($mode eq 'hog') { my @kept; push @kept, 'x' x (1 << 20) . @kept while 1; }
if ($mode eq 'flood') { print 'x' x 65536 while 1; }
if ($mode eq 'both') { print `echo -n 4`, "2\n"; }
