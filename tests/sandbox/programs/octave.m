1;
function crash ()
  error ("gone");
endfunction

words = strsplit (strtrim (fgetl (stdin)), " ");
switch words{1}
  case "sum"
    printf ("%d\n", str2double (words{2}) + str2double (words{3}));
  case "crash"
    crash ();
  case "loop"
    while true
    endwhile
  case "hog"
    kept = ones (1, 2 ^ 28);
    printf ("%d\n", sum (kept));
  case "flood"
    while true
      puts (repmat ("x", 1, 65536));
    endwhile
  case "both"
    [~, four] = system ("echo 4");
    printf ("%s2\n", strtrim (four));
endswitch
