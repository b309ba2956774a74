import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import './page.css'

const place = document.getElementById('console')
if (place) createRoot(place).render(<StrictMode><App /></StrictMode>)
