program modes;
uses cthreads;

var
  mode: string[15];
  letter: char;
  a, b: longint;
  kept: pointer;

function four(nothing: pointer): ptrint;
begin
  write(4);
  flush(output);
  four := 0;
end;

begin
  mode := '';
  while not eoln do begin
    read(letter);
    if letter = ' ' then break;
    mode := mode + letter;
  end;
  a := 0;
  if mode = 'sum' then begin
    readln(a, b);
    writeln(a + b);
  end;
  if mode = 'crash' then writeln(1 div a);
  if mode = 'loop' then repeat inc(a) until false;
  if mode = 'hog' then repeat
    getmem(kept, 1048576);
    fillchar(kept^, 1048576, 1);
  until false;
  if mode = 'flood' then repeat writeln(stringofchar('x', 200)) until false;
  if mode = 'both' then begin
    waitforthreadterminate(beginthread(@four, nil), 0);
    writeln(2);
  end;
end.
