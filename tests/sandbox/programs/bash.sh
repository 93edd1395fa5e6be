read -r mode a b
crash() {
  undeclared_command
}
case $mode in
  sum) echo $((a + b)) ;;
  crash) crash || exit ;;
  loop) while :; do :; done ;;
  hog) kept=x; while :; do kept+=$kept; done ;;
  flood) while :; do printf '%65536s' x; done ;;
  both) (echo -n 4) & wait; echo 2 | cat ;;
esac
