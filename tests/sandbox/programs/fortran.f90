program modes
  use, intrinsic :: iso_c_binding
  implicit none
  interface
    integer(c_int) function fork() bind(c)
      import
    end function
    integer(c_int) function wait(status) bind(c)
      import
      type(c_ptr), value :: status
    end function
  end interface
  type node
    integer, allocatable :: kept(:)
    type(node), pointer :: next => null()
  end type
  character(64) :: line
  integer :: a, b, ended
  type(node), pointer :: last, one
  read (*, '(a)') line
  a = 0
  if (line(1:3) == 'sum') then
    read (line(4:), *) a, b
    print '(i0)', a + b
  else if (line(1:5) == 'crash') then
    read (line, *) a
  else if (line(1:4) == 'loop') then
    do while (line(1:4) == 'loop')
      a = ieor(a, 1)
    end do
  else if (line(1:3) == 'hog') then
    last => null()
    do
      allocate (one)
      allocate (one%kept(262144), source=1)
      one%next => last
      last => one
    end do
  else if (line(1:5) == 'flood') then
    do
      print '(a)', repeat('x', 200)
    end do
  else if (line(1:4) == 'both') then
    if (fork() == 0) then
      write (*, '(a)', advance='no') '4'
      stop
    end if
    ended = wait(c_null_ptr)
    print '(a)', '2'
  end if
end program
