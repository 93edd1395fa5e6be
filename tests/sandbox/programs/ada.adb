with Ada.Text_IO, Ada.Integer_Text_IO;
use Ada.Text_IO, Ada.Integer_Text_IO;

procedure Main is
   type Block is array (1 .. 262_144) of Integer;
   type Reference is access Block;
   Line : constant String := Get_Line;
   A, B, Last : Integer := 0;
   Kept : Reference;

   procedure Both is
      task Four;
      task body Four is
      begin
         Put ("4");
      end Four;
   begin
      null;
   end Both;

   function Mode_Is (Name : String) return Boolean is
      (Line'Length >= Name'Length and then Line (1 .. Name'Length) = Name);
begin
   if Mode_Is ("sum") then
      Get (Line (4 .. Line'Last), A, Last);
      Get (Line (Last + 1 .. Line'Last), B, Last);
      Put (A + B, Width => 0);
      New_Line;
   elsif Mode_Is ("crash") then
      raise Constraint_Error with "gone";
   elsif Mode_Is ("loop") then
      loop
         A := (if A > 9 then Line'Length else A + 1);
         exit when A < 0;
      end loop;
   elsif Mode_Is ("hog") then
      loop
         Kept := new Block'(others => 1);
         exit when Kept (7) /= 1;
      end loop;
   elsif Mode_Is ("flood") then
      loop
         Put_Line ((1 .. 200 => 'x'));
      end loop;
   elsif Mode_Is ("both") then
      Both;
      Put_Line ("2");
   end if;
end Main;
