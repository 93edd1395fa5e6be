import Control.Concurrent
import Control.Monad

main :: IO ()
main = do
  mode : numbers <- words <$> getContents
  case mode of
    "sum" -> print (sum (map read numbers :: [Int]))
    "crash" -> print (head (map read numbers :: [Int]))
    "loop" -> print (length (filter (< 0) [1 :: Integer ..]))
    "hog" -> let kept = [1 :: Integer .. 50000000] in print (sum kept, length kept)
    "flood" -> forever (putStrLn (replicate 9999 'x'))
    "both" -> do
      four <- newEmptyMVar
      _ <- forkIO (putMVar four "4")
      said <- takeMVar four
      putStrLn (said ++ "2")
    _ -> return ()
