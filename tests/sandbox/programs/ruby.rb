mode, *numbers = gets.split

def crash
  raise "gone"
end

case mode
when "sum" then puts numbers.sum(&:to_i)
when "crash" then crash
when "loop" then loop {}
when "hog" then kept = []; loop { kept << "x" * (1 << 20) }
when "flood" then loop { print "x" * 65_536 }
when "both" then Thread.new { print 4 }.join; puts 2
end
